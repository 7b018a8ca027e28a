import { appendFileSync, existsSync, readFileSync } from "node:fs";
import type { Address } from "../../src/ble/radio.js";
import { systemClock } from "../../src/clock.js";
import { type Faults, parseFaults, type SimulatedModel } from "../../src/domain/faults.js";
import { beltSpeed, type PadOptions, remote, walker } from "../../src/sim/pad.js";
import { type ControllerOptions, VirtualController } from "./controller.js";
import { type MountedPad, mountPads } from "./sim-peripheral.js";
import { replaceHciSocket, VirtualHciSocket } from "./socket.js";
import type { WirePacket } from "./wire.js";

/** The value of VIRTUAL_CONTROLLER. */
export interface HookSettings extends ControllerOptions {
  /** `faults` as in the configuration of the simulator (docs/configuration.md). */
  readonly pads: readonly {
    readonly address: Address;
    readonly name?: string;
    readonly model: SimulatedModel;
    readonly faults?: unknown;
    readonly options?: PadOptions;
    /** It advertises, and never answers a connect. */
    readonly deaf?: boolean;
  }[];
  /** A file that each packet is appended to, a JSON line each (`WireLine`). */
  readonly wire?: string;
  /** Milliseconds that a packet is on the air. */
  readonly airtime?: number;
  /** Milliseconds before each answer of a pad. */
  readonly answerDelay?: number;
  /** The adapter is not plugged in, is switched off, or every use of it is refused (EPERM, EBUSY) to begin with. */
  readonly adapter?: "unplugged" | "down" | "EPERM" | "EBUSY";
}

/** A packet as the file has it: bytes in hex; `at` in milliseconds of the wall clock. */
export interface WireLine extends Omit<WirePacket, "bytes" | "value"> {
  readonly bytes: string;
  readonly value: string | null;
}

/** What a parent process may ask for over its IPC channel. Every request is answered with `{done, speed}`. */
export type HookRequest =
  | { readonly do: "down" | "up" | "unplug" | "plug" }
  | { readonly do: "deny"; readonly code: string | null }
  | { readonly do: "drop"; readonly address: Address; readonly reason?: number }
  | { readonly do: "faults"; readonly address: Address; readonly faults: unknown }
  | { readonly do: "press"; readonly address: Address; readonly key: Parameters<typeof remote>[1] }
  | { readonly do: "walker"; readonly address: Address; readonly on: boolean }
  | { readonly do: "range"; readonly address: Address; readonly out: boolean }
  /** Answers with the true speed of the belt, km/h. */
  | { readonly do: "speed"; readonly address: Address }
  /** Answers with what the machine has counted, too: metres, milliseconds and steps. */
  | { readonly do: "counters"; readonly address: Address };

/** Throws what is wrong with the settings: a program that runs without its pads would prove nothing. */
const start = (text: string | undefined): void => {
  if (!text) throw new Error("VIRTUAL_CONTROLLER is not set");
  const settings = JSON.parse(existsSync(text) ? readFileSync(text, "utf8") : text) as HookSettings;
  const controller = new VirtualController([], settings);
  const pads = mountPads(
    controller,
    settings.pads.map(({ name, ...pad }) => ({ ...pad, name: name ?? null, faults: faultsOf(pad.faults) })),
    systemClock(),
  );
  controller.faults.airtime = settings.airtime ?? 0;
  controller.faults.answerDelay = settings.answerDelay ?? 0;
  controller.faults.deaf = (address) => settings.pads.some((pad) => pad.address === address && pad.deaf);
  const { wire, adapter } = settings;
  if (wire !== undefined) controller.wire.onPacket = (packet) => appendFileSync(wire, `${lineOf(packet)}\n`);
  if (adapter === "unplugged") controller.unplug();
  else if (adapter === "down") controller.down();
  else controller.denied = adapter ?? null;
  replaceHciSocket(() => new VirtualHciSocket(controller));
  obeyParent(controller, pads);
};

const faultsOf = (value: unknown): Faults => {
  const parsed = parseFaults(value);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.faults;
};

const lineOf = ({ bytes, value, at, ...packet }: WirePacket): string => {
  const hex = (each: Uint8Array): string => Buffer.from(each).toString("hex");
  const line: WireLine = {
    ...packet,
    at: performance.timeOrigin + at,
    bytes: hex(bytes),
    value: value && hex(value),
  };
  return JSON.stringify(line);
};

const obeyParent = (controller: VirtualController, pads: ReadonlyMap<Address, MountedPad>): void => {
  if (!process.send) return;
  process.on("message", (request: HookRequest) => {
    obey(controller, pads, request);
    const pad = "address" in request ? pads.get(request.address) : undefined;
    const counted = request.do === "counters" && pad ? { counters: pad.pad.pad.machine.belt.counters } : {};
    process.send?.({ done: request.do, speed: pad ? beltSpeed(pad.pad.pad) : null, ...counted });
  });
  // Listening to the parent is no reason to live.
  process.channel?.unref();
};

const obey = (
  controller: VirtualController,
  pads: ReadonlyMap<Address, MountedPad>,
  request: HookRequest,
): void => {
  if (!("address" in request)) {
    if (request.do === "deny") controller.denied = request.code;
    else controller[request.do]();
    return;
  }
  const pad = pads.get(request.address);
  if (!pad) throw new Error(`no pad ${request.address}`);
  if (request.do === "drop") controller.drop(request.address, request.reason);
  else if (request.do === "faults") pad.setFaults(faultsOf(request.faults));
  else if (request.do === "press") pad.pad.pad = remote(pad.pad.pad, request.key);
  else if (request.do === "walker") pad.pad.pad = walker(pad.pad.pad, request.on);
  else if (request.do === "range") {
    pad.pad.inRange = !request.out;
    if (request.out) controller.drop(request.address);
  }
};

start(process.env["VIRTUAL_CONTROLLER"]);
