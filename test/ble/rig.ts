import { setTimeout as pause } from "node:timers/promises";
import { nobleRadio } from "../../src/ble/noble/radio.js";
import type { Link, Radio } from "../../src/ble/radio.js";
import { type Clock, systemClock } from "../../src/clock.js";
import { type ControllerOptions, VirtualController } from "../virtual-controller/controller.js";
import type { Peripheral } from "../virtual-controller/peripheral.js";
import { noSocket, replaceHciSocket, VirtualHciSocket } from "../virtual-controller/socket.js";
import { type LogLine, recordingLog } from "./log.js";

/** The system clock, accelerated: for deadlines that a test would otherwise have to wait for. */
export const fasterClock = (factor: number, clock: Clock = systemClock()): Clock => ({
  now: () => clock.now() * factor,
  wall: () => clock.wall(),
  after: (ms, run) => clock.after(ms / factor, run),
  every: (ms, run) => clock.every(ms / factor, run),
});

const sockets = replaceHciSocket(noSocket);

export interface RadioRig extends AsyncDisposable {
  readonly radio: Radio;
  readonly log: LogLine[];
  connect(address: string, signal?: AbortSignal): Promise<Link>;
}

export interface Rig extends RadioRig {
  readonly controller: VirtualController;
}

/** The real noble over a virtual controller with these devices. */
export const nobleRig = (
  peripherals: readonly Peripheral[],
  options: ControllerOptions & { readonly clock?: Clock } = {},
): Rig => rigOver(new VirtualController(peripherals, options), options.clock);

export const rigOver = (controller: VirtualController, clock: Clock = systemClock()): Rig => ({
  ...rigOn(() => new VirtualHciSocket(controller), clock),
  controller,
});

/** The real noble over whatever HCI socket is made here. */
export const rigOn = (socket: () => object, clock: Clock = systemClock()): RadioRig => {
  sockets.make = socket;
  const log: LogLine[] = [];
  const radio = nobleRadio({ adapter: 0 }, { clock, log: recordingLog(log) });
  return {
    radio,
    log,
    connect: (address, signal = neverAborted()) => radio.connect(address, { signal }),
    [Symbol.asyncDispose]: async () => radio[Symbol.asyncDispose](),
  };
};

export const neverAborted = (): AbortSignal => new AbortController().signal;

/** Waits until something is true, looking every few milliseconds; throws when it is not in time. */
export const waitUntil = async (what: string, condition: () => boolean, ms = 10_000): Promise<void> => {
  const end = performance.now() + ms;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await pause(5);
  }
};
