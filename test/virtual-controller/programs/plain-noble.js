// A minimal program with noble: subscribes to FE01 of the first device and polls a status.
import create from "@abandonware/noble/with-custom-binding.js";

const say = (word) => process.stdout.write(`${word}\n`);
const noble = create({ deviceId: 0 });
noble.on("stateChange", () => noble.startScanning([], true));
noble.once("discover", async (device) => {
  say(`found ${device.advertisement.localName}`);
  noble.stopScanning();
  device.on("disconnect", () => say("disconnected"));
  await device.connectAsync();
  const { characteristics } = await device.discoverAllServicesAndCharacteristicsAsync();
  const [notify, write] = ["fe01", "fe02"].map((uuid) => characteristics.find((each) => each.uuid === uuid));
  notify.on("data", (bytes) => say(`heard ${bytes.toString("hex")}`));
  await notify.subscribeAsync();
  await write.writeAsync(Buffer.from("f7a20000a2fd", "hex"), true);
});
