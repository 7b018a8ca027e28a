import { describe, expect, test } from "vitest";
import type { Link } from "../../src/ble/radio.js";
import { BridgeError } from "../../src/domain/errors.js";
import { ATT } from "../virtual-controller/att.js";
import { acl, disconnectionComplete, OPCODE, STATUS } from "../virtual-controller/hci.js";
import { EchoPeripheral } from "../virtual-controller/peripheral.js";
import { neverAborted, nobleRig, type Rig, waitUntil } from "./rig.js";

const PAD = "57:4c:4e:00:11:22";
const signal = neverAborted();
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "resolved",
    (reason: unknown) => (reason instanceof BridgeError ? reason.code : reason),
  );
const send = (link: Link, ...bytes: number[]): Promise<void> =>
  link.write("fe02", Uint8Array.from(bytes), { signal, response: false });
/** The order of things on the HCI of the connection. */
const story = (rig: Rig): readonly string[] => rig.controller.wire.said(["write", "Disconnect"], PAD);

describe("writing without response", () => {
  test("resolves only when the controller has sent it", async () => {
    const echo = new EchoPeripheral(PAD);
    await using rig = nobleRig([echo]);
    const link = await rig.connect(PAD);
    rig.controller.faults.airtime = 60;
    await send(link, 1);
    expect(echo.written).toEqual([{ characteristic: "fe02", bytes: Uint8Array.of(1) }]);
  });

  test("is handed to the controller in the turn of the call: a stop waits for nothing that the turn still does", async () => {
    const echo = new EchoPeripheral(PAD);
    await using rig = nobleRig([echo]);
    const link = await rig.connect(PAD);
    const sent = send(link, 9);
    expect(story(rig)).toEqual(["write fe02 09"]);
    await sent;
  });

  test("reaches the pad although the link is closed at once", async () => {
    const echo = new EchoPeripheral(PAD);
    await using rig = nobleRig([echo]);
    const link = await rig.connect(PAD);
    rig.controller.faults.airtime = 60;
    await Promise.all([send(link, 7).catch(() => undefined), link[Symbol.asyncDispose]()]);
    expect(echo.written).toEqual([{ characteristic: "fe02", bytes: Uint8Array.of(7) }]);
    expect(story(rig)).toEqual(["write fe02 07", "Disconnect"]);
  });

  test("does not wait behind a request that the pad never answers", async () => {
    const echo = new EchoPeripheral(PAD);
    await using rig = nobleRig([echo]);
    const link = await rig.connect(PAD);
    rig.controller.faults.unanswered = (pdu) => pdu[0] === ATT.read;
    const stuck = codeOf(link.read("2a00", { signal }));
    await send(link, 1);
    expect(echo.written).toHaveLength(1);
    rig.controller.drop(PAD);
    expect(await stuck).toBe("link-lost");
  });

  test("keeps the order of the calls, past the controller's buffers too", async () => {
    const echo = new EchoPeripheral(PAD);
    await using rig = nobleRig([echo], { buffers: 2 });
    const link = await rig.connect(PAD);
    rig.controller.faults.airtime = 2;
    const numbers = Array.from({ length: 20 }, (_, i) => i);
    await Promise.all(numbers.map((number) => send(link, number)));
    expect(echo.written.map(({ bytes }) => bytes[0])).toEqual(numbers);
  });

  test("to a link that is lost meanwhile rejects, and nothing is left unhandled", async () => {
    const echo = new EchoPeripheral(PAD);
    await using rig = nobleRig([echo], { buffers: 1 });
    const link = await rig.connect(PAD);
    rig.controller.faults.airtime = 10_000;
    const writes = [1, 2, 3, 4].map((byte) => codeOf(send(link, byte)));
    rig.controller.drop(PAD);
    expect(await Promise.all(writes)).toEqual(Array(4).fill("link-lost"));
    expect(await codeOf(send(link, 5))).toBe("link-lost");
    rig.controller.faults.airtime = 0;
    await using again = await rig.connect(PAD);
    await send(again, 6);
    expect(echo.written.map(({ bytes }) => bytes[0])).toEqual([6]);
  });

  test("is used where the characteristic takes nothing else, and a response where it takes only that", async () => {
    const echo = new EchoPeripheral(PAD);
    await using rig = nobleRig([echo]);
    const link = await rig.connect(PAD);
    await link.write("fe02", Uint8Array.of(1), { signal, response: true });
    await link.write("2ad9", Uint8Array.of(0), { signal, response: false });
    const opcodes = rig.controller.wire.packets
      .filter(({ what }) => what === "write")
      .map(({ bytes }) => bytes[9]);
    expect(opcodes).toEqual([ATT.writeCommand, ATT.write]);
  });
});

describe("an ATT error", () => {
  const refusals = [
    ["reading", (link: Link) => link.read("2a00", { signal }), ATT.read, "read-failed"],
    [
      "writing",
      (link: Link) => link.write("2a00", Uint8Array.of(1), { signal, response: true }),
      ATT.write,
      "write-failed",
    ],
    [
      "the CCCD's handle",
      (link: Link) => link.subscribe("fe01", () => undefined, { signal }),
      ATT.readByType,
      "write-failed",
    ],
    [
      "the CCCD's value",
      (link: Link) => link.subscribe("fe01", () => undefined, { signal }),
      ATT.write,
      "write-failed",
    ],
  ] as const;

  test.each(refusals)("upon %s is reported at once", async (_name, call, opcode, code) => {
    await using rig = nobleRig([new EchoPeripheral(PAD)]);
    const link = await rig.connect(PAD);
    rig.controller.faults.attError = (pdu) => (pdu[0] === opcode ? 0x0e : null);
    // At the deadline it would be "timeout".
    expect(await codeOf(call(link))).toBe(code);
    rig.controller.faults.attError = () => null;
    expect(await codeOf(call(link))).toBe("resolved");
  });

  test.each([0x05, 0x08, 0x0f])("status %i for want of a pairing never makes us pair", async (status) => {
    await using rig = nobleRig([new EchoPeripheral(PAD)]);
    const link = await rig.connect(PAD);
    rig.controller.faults.attError = (pdu) => (pdu[0] === ATT.read ? status : null);
    expect(await codeOf(link.read("2a00", { signal }))).toBe("read-failed");
    await send(link, 1);
    expect(rig.controller.wire.count("SMP") + rig.controller.wire.count("Start Encryption")).toBe(0);
  });

  test.each([0x04, 0x06])("status %i to the MTU request does not stop the discovery", async (status) => {
    await using rig = nobleRig([new EchoPeripheral(PAD)]);
    rig.controller.faults.attError = (pdu) => (pdu[0] === ATT.mtuRequest ? status : null);
    expect((await rig.connect(PAD)).services.get("fe00")).toEqual(["fe01", "fe02"]);
  });

  test.each([
    ["services", ATT.readByGroupType],
    ["characteristics", ATT.readByType],
  ] as const)("in the middle of the list of %s is no end of the list", async (_name, opcode) => {
    await using rig = nobleRig([new EchoPeripheral(PAD)]);
    let seen = 0;
    rig.controller.faults.attError = (pdu) => (pdu[0] === opcode && ++seen === 2 ? 0x0e : null);
    expect(await codeOf(rig.connect(PAD))).toBe("connect-failed");
    expect(rig.controller.connected).toEqual([]);
    rig.controller.faults.attError = () => null;
    expect([...(await rig.connect(PAD)).services.keys()]).toEqual(["1800", "fe00", "1826"]);
  });
});

describe("subscriptions", () => {
  test("leave their CCCD writes 100 ms apart, or the pad would forget them", async () => {
    const echo = new EchoPeripheral(PAD);
    await using rig = nobleRig([echo]);
    const link = await rig.connect(PAD);
    const heard: string[] = [];
    const uuids = ["fe01", "2acd", "2ad9"];
    await Promise.all(uuids.map((uuid) => link.subscribe(uuid, () => heard.push(uuid), { signal })));
    for (const uuid of uuids) echo.say(uuid, Uint8Array.of(1));
    await waitUntil("all three are heard", () => heard.length === 3);
    const at = rig.controller.wire.packets.filter(({ what }) => what === "write").map((packet) => packet.at);
    expect(at).toHaveLength(3);
    expect(Math.min(at[1]! - at[0]!, at[2]! - at[1]!)).toBeGreaterThanOrEqual(100);
  });

  test("bring indications as well, in order, and confirm them", async () => {
    await using rig = nobleRig([new EchoPeripheral(PAD)]);
    const link = await rig.connect(PAD);
    const heard: number[] = [];
    await link.subscribe("2ad9", (bytes) => heard.push(bytes[1] ?? -1), { signal });
    for (const opcode of [0, 7, 8])
      await link.write("2ad9", Uint8Array.of(opcode), { signal, response: true });
    await waitUntil("the answers", () => heard.length === 3);
    expect(heard).toEqual([0, 7, 8]);
    await waitUntil("the confirmations", () => rig.controller.wire.count("ATT 1e") === 3);
  });

  test("of a pad that indicates and disconnects in one breath leave no confirmation to trip over", async () => {
    await using rig = nobleRig([new EchoPeripheral(PAD)]);
    const link = await rig.connect(PAD);
    await link.subscribe("2ad9", () => undefined, { signal });
    // An unhandled rejection fails the run.
    rig.controller.send(
      acl(0x40, Buffer.of(ATT.indication, 0x0d, 0x00, 0x80)),
      disconnectionComplete(0x40, 0x13),
    );
    await waitUntil("the loss", () => link.lost.aborted);
  });

  test("to one characteristic replace one another", async () => {
    await using rig = nobleRig([new EchoPeripheral(PAD)]);
    const link = await rig.connect(PAD);
    const heard: string[] = [];
    await link.subscribe("fe01", () => heard.push("first"), { signal });
    await link.subscribe("fe01", () => heard.push("second"), { signal });
    await send(link, 1);
    await waitUntil("the answer", () => heard.length > 0);
    expect(heard).toEqual(["second"]);
  });
});

test("the signal strength is the link's own, without any traffic to the pad", async () => {
  await using rig = nobleRig([new EchoPeripheral(PAD)]);
  const link = await rig.connect(PAD);
  const before = rig.controller.wire.packets.filter(({ what }) => what.startsWith("ATT")).length;
  expect(await link.rssi({ signal })).toBe(-61);
  expect(rig.controller.wire.packets.filter(({ what }) => what.startsWith("ATT"))).toHaveLength(before);
});

test.each([STATUS.unknownConnection, STATUS.unknownCommand])(
  "a controller that refuses the signal strength with status %i is not awaited",
  async (status) => {
    await using rig = nobleRig([new EchoPeripheral(PAD)]);
    const link = await rig.connect(PAD);
    rig.controller.faults.refuse = (opcode) => (opcode === OPCODE.readRssi ? status : null);
    // At the deadline it would reject.
    expect(await link.rssi({ signal })).toBeNull();
    expect(rig.log.filter(({ level }) => level === "warn")).toEqual([]);
  },
);

test("services that a firmware update has changed are seen at the next connect", async () => {
  const echo = new EchoPeripheral(PAD);
  await using rig = nobleRig([echo]);
  await (await rig.connect(PAD))[Symbol.asyncDispose]();
  const long = "24e2521cf63b48ed85bec5330a00fdf7";
  // noble writes 0x000a as "a", and the Bluetooth base UUID in full.
  echo.services = [
    { uuid: long, characteristics: [{ uuid: "000a", properties: ["read", "notify"] }] },
    { uuid: "0000fe0000001000800000805f9b34fb", characteristics: [] },
  ];
  const link = await rig.connect(PAD);
  expect([...link.services]).toEqual([
    [long, ["000a"]],
    ["fe00", []],
  ]);
});

test.each([0x08, 0x13, 0x3e])(
  "a link that ends with reason %i is lost, and reports the reason",
  async (reason) => {
    await using rig = nobleRig([new EchoPeripheral(PAD)]);
    const link = await rig.connect(PAD);
    rig.controller.drop(PAD, reason);
    await waitUntil("the loss", () => link.lost.aborted);
    expect(link.lost.reason).toMatchObject({ code: "link-lost", retry: "now" });
    expect(String(link.lost.reason)).not.toContain("reason 0x");
  },
);
