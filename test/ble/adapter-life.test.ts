import { describe, expect, test, vi } from "vitest";
import { nobleRadio } from "../../src/ble/noble/radio.js";
import type { RadioState } from "../../src/ble/radio.js";
import { systemClock } from "../../src/clock.js";
import { BridgeError } from "../../src/domain/errors.js";
import { VirtualController } from "../virtual-controller/controller.js";
import { EchoPeripheral } from "../virtual-controller/peripheral.js";
import { fasterClock, neverAborted, nobleRig, type Rig, rigOver, waitUntil } from "./rig.js";
import { recordingLog } from "./log.js";

const PAD = "57:4c:4e:00:11:22";
const signal = neverAborted();
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => "resolved",
    (reason: unknown) => (reason instanceof BridgeError ? reason.code : reason),
  );
const becomes = (rig: Rig, word: RadioState["state"]): Promise<void> =>
  waitUntil(
    `the radio is ${word}`,
    () => rig.radio.state.state === word && rig.radio.state.advice !== "Bluetooth is starting.",
  );

/** The faults of an adapter: how each begins and ends, and the radio's state meanwhile. */
const troubles = [
  [
    "switched off",
    (c: VirtualController) => c.down(),
    (c: VirtualController) => c.up(),
    "off",
    "radio-off",
    /bluetoothctl power on/,
  ],
  [
    "not plugged in",
    (c: VirtualController) => c.unplug(),
    (c: VirtualController) => c.plug(),
    "unavailable",
    "radio-unavailable",
    /Plug it in/,
  ],
  [
    "not allowed",
    (c: VirtualController) => void (c.denied = "EPERM"),
    (c: VirtualController) => void (c.denied = null),
    "unauthorized",
    "radio-unauthorized",
    /setcap cap_net_raw.*NET_ADMIN, NET_RAW/,
  ],
  [
    "another program's",
    (c: VirtualController) => void (c.denied = "EBUSY"),
    (c: VirtualController) => void (c.denied = null),
    "unavailable",
    "radio-busy",
    /other program/,
  ],
  [
    "mute",
    (c: VirtualController) => void (c.faults.lose = () => true),
    (c: VirtualController) => void (c.faults.lose = () => false),
    "unavailable",
    "radio-busy",
    /does not answer/,
  ],
] as const;

describe.each(troubles)("an adapter that is %s", (name, harm, heal, word, code, advice) => {
  test("at the start is reported, and recovers by itself", async () => {
    const controller = new VirtualController([new EchoPeripheral(PAD)]);
    harm(controller);
    await using rig = rigOver(controller, fasterClock(5));
    await becomes(rig, word);
    expect(rig.radio.state.advice).toMatch(advice);
    expect(await codeOf(rig.connect(PAD))).toBe(code);
    expect(await codeOf(rig.radio.scan(() => undefined, { signal }))).toBe(code);
    heal(controller);
    await becomes(rig, "on");
    expect(rig.radio.state.advice).toBeNull();
    await rig.connect(PAD);
  });

  // A controller that falls silent later is for whoever waits on the link to notice; a socket has no say in EBUSY then.
  test.skipIf(name === "mute" || name === "another program's")(
    "in the middle of it all loses its links",
    async () => {
      const echo = new EchoPeripheral(PAD);
      await using rig = nobleRig([echo, new EchoPeripheral("57:4c:4e:00:11:33")], { clock: fasterClock(5) });
      const states: string[] = [];
      rig.radio.onState(({ state }) => states.push(state));
      const link = await rig.connect(PAD);
      rig.controller.faults.deaf = () => true;
      const [scan, connecting] = [
        codeOf(rig.radio.scan(() => undefined, { signal })),
        codeOf(rig.connect("57:4c:4e:00:11:33")),
      ];
      await waitUntil("a connect is pending", () => rig.controller.connecting !== null);
      harm(rig.controller);
      // Only a packet finds out about a permission.
      if (name === "not allowed")
        void codeOf(link.write("fe02", Uint8Array.of(1), { signal, response: false }));
      await becomes(rig, word);
      expect(link.lost.reason).toMatchObject({ code: "link-lost" });
      expect(await Promise.all([scan, connecting])).toEqual([code, code]);
      rig.controller.faults.deaf = () => false;
      rig.controller.drop(PAD);
      heal(rig.controller);
      await becomes(rig, "on");
      const again = await rig.connect(PAD);
      await again.write("fe02", Uint8Array.of(2), { signal, response: false });
      expect(echo.written.at(-1)?.bytes).toEqual(Uint8Array.of(2));
      expect(states).toEqual(["on", word, "on"]);
    },
  );
});

test("an adapter that goes off and on, many times, costs no more sockets and works as on the first day", async () => {
  const echo = new EchoPeripheral(PAD);
  await using rig = nobleRig([echo], { buffers: 2, clock: fasterClock(5) });
  for (let round = 1; round <= 3; round += 1) {
    const link = await rig.connect(PAD);
    rig.controller.faults.airtime = 5_000;
    // Packets that the controller never reports as sent must not count against the next connection.
    void Promise.allSettled(
      [1, 2, 3].map((byte) => link.write("fe02", Uint8Array.of(byte), { signal, response: false })),
    );
    rig.controller.down();
    await becomes(rig, "off");
    rig.controller.faults.airtime = 0;
    rig.controller.up();
    await becomes(rig, "on");
  }
  const link = await rig.connect(PAD);
  await link.write("fe02", Uint8Array.of(9), { signal, response: false });
  expect(echo.written.map(({ bytes }) => bytes[0])).toEqual([9]);
  // What went with the power was known to be gone.
  expect(rig.controller.wire.count("Disconnect")).toBe(0);
});

test("a call that comes before the adapter is open waits for it", async () => {
  await using rig = nobleRig([new EchoPeripheral(PAD)]);
  expect(rig.radio.state.state).toBe("unavailable");
  expect((await rig.connect(PAD)).address).toBe(PAD);
  expect(rig.radio.state).toEqual({ state: "on", advice: null });
});

test("noble keeps its hands off our signals and our console", async () => {
  const before = [process.listeners("SIGINT"), process.listeners("exit")];
  const said = [vi.spyOn(console, "log"), vi.spyOn(console, "warn")];
  const old = new VirtualController([], { version: 0x05 });
  await using withoutLowEnergy = rigOver(old);
  await waitUntil("it is found out", () => withoutLowEnergy.log.length > 0);
  expect(withoutLowEnergy.radio.state).toMatchObject({ state: "unavailable" });
  expect(withoutLowEnergy.radio.state.advice).toMatch(/Bluetooth 4\.0/);
  const controller = new VirtualController();
  controller.denied = "EPERM";
  await using rig = rigOver(controller, fasterClock(5));
  await becomes(rig, "unauthorized");
  controller.denied = null;
  await becomes(rig, "on");
  expect([process.listeners("SIGINT"), process.listeners("exit")]).toEqual(before);
  for (const spy of said) {
    expect(spy).not.toHaveBeenCalled();
    spy.mockRestore();
  }
});

test("trouble is logged once as long as it stays the same", async () => {
  const controller = new VirtualController();
  controller.down();
  await using rig = rigOver(controller, fasterClock(5));
  await becomes(rig, "off");
  const end = performance.now() + 1_000;
  await waitUntil("some more looks at it", () => performance.now() > end);
  expect(rig.log.filter(({ level }) => level === "warn")).toHaveLength(1);
});

test("a radio may be disposed of before it has opened anything", async () => {
  const radio = nobleRadio({ adapter: 0 }, { clock: systemClock(), log: recordingLog() });
  await radio[Symbol.asyncDispose]();
  expect(await codeOf(radio.connect(PAD, { signal }))).toBe("link-closed");
});

test("on the user channel, where no other program can use the adapter, it works as well", async () => {
  vi.stubEnv("HCI_CHANNEL_USER", "1");
  const echo = new EchoPeripheral(PAD);
  await using rig = nobleRig([echo]);
  const link = await rig.connect(PAD);
  vi.unstubAllEnvs();
  await link.write("fe02", Uint8Array.of(1), { signal, response: false });
  expect(echo.written).toHaveLength(1);
});
