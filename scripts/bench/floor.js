// The least program on the same libraries (noble, MQTT.js): polls one WiLink pad at 1 Hz, publishes its state retained,
// writes a stop on OFF and on a signal. The bridge is measured against it; it is not for use.
import noble from "@abandonware/noble";
import mqtt from "mqtt";

const [url, base, address] = process.argv.slice(2);
const POLL = Buffer.from("f7a20000a2fd", "hex");
const STOP = Buffer.from("f7a20100a3fd", "hex");

const client = mqtt.connect(url, {
  will: { topic: `${base}/bridge/state`, payload: "offline", retain: true, qos: 1 },
});
client.on("connect", () => client.subscribe(`${base}/p0/set`, { qos: 1 }));

let control = null;
client.on("message", () => control?.write(STOP, true));
process.on("SIGTERM", () => {
  control?.write(STOP, true);
  client.publish(`${base}/bridge/state`, "stopping", { retain: true, qos: 1 });
  client.end(false, () => process.exit(0));
});

noble.on("stateChange", (state) => {
  if (state === "poweredOn") noble.startScanning([], true);
});
noble.on("discover", (peripheral) => {
  if (peripheral.address !== address || control) return;
  noble.stopScanning();
  peripheral.connect(() =>
    peripheral.discoverSomeServicesAndCharacteristics(
      ["fe00"],
      ["fe01", "fe02"],
      (error, _, characteristics) => {
        if (error) throw error;
        const notify = characteristics.find(({ uuid }) => uuid === "fe01");
        control = characteristics.find(({ uuid }) => uuid === "fe02");
        notify.on("data", (bytes) => {
          if (bytes[1] !== 0xa2) return;
          const at = (index) => (bytes[index] << 16) | (bytes[index + 1] << 8) | bytes[index + 2];
          const state = {
            belt: bytes[2],
            speed: bytes[3] / 10,
            duration: at(5),
            distance: at(8) / 100,
            steps: at(11),
          };
          client.publish(`${base}/p0/state`, JSON.stringify(state), { retain: true, qos: 1 });
        });
        notify.subscribe();
        setInterval(() => control.write(POLL, true), 1_000);
      },
    ),
  );
});
