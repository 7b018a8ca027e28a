import { describe, expect, test } from "vitest";
import type { Link } from "../../src/ble/radio.js";
import { BridgeError } from "../../src/domain/errors.js";
import { VirtualController } from "../virtual-controller/controller.js";
import { connectionComplete, nameOf, STATUS } from "../virtual-controller/hci.js";
import { EchoPeripheral } from "../virtual-controller/peripheral.js";
import { fasterClock, neverAborted, nobleRig, type Rig, rigOver, waitUntil } from "./rig.js";

const PAD = "57:4c:4e:00:11:22";
const OTHER = "57:4c:4e:00:11:33";
const STRANGER = "aa:bb:cc:dd:ee:ff";
const signal = neverAborted();
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "resolved",
    (reason: unknown) => (reason instanceof BridgeError ? reason.code : reason),
  );
const story = (rig: Rig): readonly string[] =>
  rig.controller.wire.said([
    "Scan On",
    "Scan Off",
    "Create Connection",
    "Cancel Connection",
    "Connected",
    "Disconnect",
  ]);

describe("a connect", () => {
  test("to a pad that does not answer ends by a cancel on the controller, and the next one is good", async () => {
    await using rig = nobleRig([new EchoPeripheral(PAD), new EchoPeripheral(OTHER)], {
      clock: fasterClock(5),
    });
    rig.controller.faults.deaf = (address) => address === PAD;
    const [deaf, good] = [codeOf(rig.connect(PAD)), rig.connect(OTHER)];
    expect(await deaf).toBe("connect-timeout");
    expect((await good).address).toBe(OTHER);
    expect(rig.controller.wire.count("Cancel Connection")).toBe(1);
    rig.controller.faults.deaf = () => false;
    expect((await rig.connect(PAD)).address).toBe(PAD);
  });

  test("that is aborted is cancelled on the controller before the next begins", async () => {
    await using rig = nobleRig([new EchoPeripheral(PAD), new EchoPeripheral(OTHER)]);
    rig.controller.faults.deaf = (address) => address === PAD;
    const give = new AbortController();
    const vain = codeOf(rig.connect(PAD, give.signal));
    await waitUntil("the connect is pending", () => rig.controller.connecting === PAD);
    const good = rig.connect(OTHER);
    give.abort(new BridgeError("aborted", "enough"));
    expect(await vain).toBe("aborted");
    await good;
    const said = rig.controller.wire.said(["Create Connection", "Cancel Connection", "Not Connected"]);
    expect(said).toEqual(["Create Connection", "Cancel Connection", "Not Connected", "Create Connection"]);
  });

  test("that succeeds in the moment of its abort is disconnected", async () => {
    await using rig = nobleRig([new EchoPeripheral(PAD)]);
    const give = new AbortController();
    // Between the controller's event and its arrival at the host.
    rig.controller.wire.onPacket = ({ what }) => {
      if (what === "Connected") give.abort(new BridgeError("aborted", "enough"));
    };
    expect(await codeOf(rig.connect(PAD, give.signal))).toBe("aborted");
    await waitUntil("nothing is connected", () => rig.controller.connected.length === 0);
    rig.controller.wire.onPacket = () => undefined;
    expect((await rig.connect(PAD)).services.size).toBe(3);
  });

  test("that noble reports as successful right after its abort is disconnected", async () => {
    const controller = new VirtualController([new EchoPeripheral(PAD)]);
    const give = new AbortController();
    // Bound before noble's, and so hears each packet just before.
    controller.bind({
      receive: (packet) => {
        if (nameOf(packet) === "Connected") give.abort(new BridgeError("aborted", "enough"));
      },
      fail: () => undefined,
    });
    await using rig = rigOver(controller);
    expect(await codeOf(rig.connect(PAD, give.signal))).toBe("aborted");
    expect(controller.connected).toEqual([]);
    await rig.connect(PAD);
  });

  test("whose completion never comes is abandoned, and does not queue the others behind it", async () => {
    await using rig = nobleRig([new EchoPeripheral(PAD), new EchoPeripheral(OTHER)], {
      clock: fasterClock(5),
    });
    rig.controller.faults.lose = (packet) => packet[1] === 0x3e && packet[3] === 0x01;
    expect(await codeOf(rig.connect(PAD))).toBe("connect-timeout");
    rig.controller.faults.lose = () => false;
    expect((await rig.connect(OTHER)).address).toBe(OTHER);
  });

  test.each([
    [STATUS.connectionTimeout, "connect-failed"],
    [0x3e, "connect-failed"],
    [0x09, "connect-failed"],
  ])("that fails with status %i says so", async (status, code) => {
    await using rig = nobleRig([new EchoPeripheral(PAD)]);
    rig.controller.faults.connectStatus = () => status;
    expect(await codeOf(rig.connect(PAD))).toBe(code);
    rig.controller.faults.connectStatus = () => null;
    await rig.connect(PAD);
  });

  test("that the controller disallows is another program's doing, and one that exists is an older link", async () => {
    await using rig = nobleRig([new EchoPeripheral(PAD)]);
    const create = 0x200d;
    rig.controller.faults.refuse = (opcode) => (opcode === create ? STATUS.disallowed : null);
    expect(await codeOf(rig.connect(PAD))).toBe("radio-busy");
    rig.controller.faults.refuse = (opcode) => (opcode === create ? STATUS.connectionExists : null);
    await expect(rig.connect(PAD)).rejects.toMatchObject({
      code: "connect-failed",
      advice: expect.stringContaining(`bluetoothctl disconnect ${PAD}`) as unknown,
    });
  });

  test("to a pad that is linked already is refused", async () => {
    await using rig = nobleRig([new EchoPeripheral(PAD)]);
    await rig.connect(PAD);
    expect(await codeOf(rig.connect(PAD))).toBe("connect-failed");
  });

  test("requests an interval that pads accept", async () => {
    await using rig = nobleRig([new EchoPeripheral(PAD)]);
    await rig.connect(PAD);
    const packet = Buffer.from(
      rig.controller.wire.packets.find(({ what }) => what === "Create Connection")!.bytes,
    );
    const interval = [packet.readUInt16LE(17) * 1.25, packet.readUInt16LE(19) * 1.25];
    expect(interval).toEqual([30, 50]);
    expect(packet.readUInt16LE(23) * 10).toBe(2000);
  });
});

test("the scan is off while a connect is under way, and comes back", async () => {
  await using rig = nobleRig([new EchoPeripheral(PAD), new EchoPeripheral(OTHER)]);
  const stop = new AbortController();
  let heard = 0;
  const scan = rig.radio.scan(() => heard++, { signal: stop.signal });
  await waitUntil("the pads are heard", () => heard > 1);
  await Promise.all([rig.connect(PAD), rig.connect(OTHER)]);
  await waitUntil("the scan is back", () => rig.controller.scanning);
  stop.abort();
  await scan;
  await waitUntil("the scan is off", () => !rig.controller.scanning);
  const words = story(rig);
  let scanning = false;
  for (const word of words) {
    if (word.startsWith("Scan")) scanning = word === "Scan On";
    if (word === "Create Connection") expect(scanning).toBe(false);
  }
  expect(words.filter((word) => word === "Create Connection")).toHaveLength(2);
});

test("a link whose end was not reported is disconnected again before the next connect", async () => {
  await using rig = nobleRig([new EchoPeripheral(PAD)], { clock: fasterClock(5) });
  const link = await rig.connect(PAD);
  rig.controller.faults.lose = (packet) => packet[1] === 0x05;
  await link[Symbol.asyncDispose]();
  rig.controller.faults.lose = () => false;
  await rig.connect(PAD);
  const handles = rig.controller.wire.packets
    .filter(({ what }) => what === "Disconnect")
    .map(({ bytes }) => Buffer.from(bytes).readUInt16LE(4));
  expect(handles).toEqual([0x40, 0x40]);
});

test("a link whose end was not reported takes no other pad's link down, to which its handle has passed", async () => {
  await using rig = nobleRig([new EchoPeripheral(PAD), new EchoPeripheral(OTHER)], { clock: fasterClock(5) });
  const link = await rig.connect(PAD);
  rig.controller.faults.lose = (packet) => packet[1] === 0x05;
  await link[Symbol.asyncDispose]();
  rig.controller.faults.lose = () => false;
  const other = await rig.connect(OTHER);
  await rig.connect(PAD);
  expect(rig.controller.connected).toEqual([OTHER, PAD]);
  expect(other.lost.aborted).toBe(false);
});

describe("other programs on the same adapter", () => {
  test("keep their connections to themselves", async () => {
    await using rig = nobleRig([new EchoPeripheral(PAD)]);
    const link = await rig.connect(PAD);
    rig.controller.send(connectionComplete(STATUS.success, 0x77, STRANGER, false));
    await link.write("fe02", Uint8Array.of(1), { signal, response: false });
    const spokenTo = rig.controller.wire.packets
      .filter(({ from, bytes }) => from === "host" && bytes[0] === 0x02)
      .map(({ bytes }) => Buffer.from(bytes).readUInt16LE(1) & 0x0fff);
    expect(new Set(spokenTo)).toEqual(new Set([0x40]));
    rig.controller.send(connectionComplete(0x3e, 0, STRANGER, false));
    await link.write("fe02", Uint8Array.of(2), { signal, response: false });
    expect(link.lost.aborted).toBe(false);
  });

  test("may end our scan, which is taken up again", async () => {
    await using rig = nobleRig([new EchoPeripheral(PAD)]);
    const stop = new AbortController();
    let heard = 0;
    const scan = rig.radio.scan(() => heard++, { signal: stop.signal });
    await waitUntil("the pad is heard", () => heard > 0);
    const other = { receive: () => undefined, fail: () => undefined };
    rig.controller.bind(other);
    rig.controller.write(other, Buffer.of(0x01, 0x0c, 0x20, 0x02, 0x00, 0x00));
    expect(rig.controller.scanning).toBe(false);
    await waitUntil("it scans again", () => rig.controller.scanning);
    stop.abort();
    await scan;
  });
});

test("a controller that was spoken to in the extended commands is spoken to in them", async () => {
  const echo = new EchoPeripheral(PAD, "KS-BLC2");
  await using rig = nobleRig([echo], { commands: "extended" });
  const link = await rig.connect(PAD);
  await link.write("fe02", Uint8Array.of(1), { signal, response: false });
  expect(link.name).toBe("KS-BLC2");
  expect(echo.written).toHaveLength(1);
});

test("a controller that refuses every scan is another program's, and that ends by itself", async () => {
  await using rig = nobleRig([new EchoPeripheral(PAD)]);
  rig.controller.faults.refuse = (opcode) => ([0x200c, 0x2042].includes(opcode) ? STATUS.disallowed : null);
  await expect(rig.radio.scan(() => undefined, { signal })).rejects.toMatchObject({
    code: "radio-busy",
    advice: expect.stringMatching(/other program/) as unknown,
  });
  rig.controller.faults.refuse = () => null;
  expect(((await rig.connect(PAD)) satisfies Link).address).toBe(PAD);
});
