import type { Uuid } from "../../ble/radio.js";
import { opened } from "../../protocol/pitpat/frames.js";
import { type PadCommand, parseCommand } from "../../protocol/pitpat/server-frames.js";
import type { Behaviour, Key, WithNotifications } from "../behaviour.js";
import { resetCounters } from "../counters.js";
import { aimMachine, isResting, runMachine, startMachine, stopMachine } from "../machine.js";
import { type PitPatPad, put, statusOf, unconnected } from "./state.js";

/** Between two notifications. */
const EVERY = 1000;
/** The first one after a subscription: WM2's trace has 0.3 to 0.6 s. */
const FIRST = 400;
/** WM2: five heartbeats a second, four of them unsolicited, end the link after some 11 s. */
const UNASKED = { most: 40, within: 11_000 } as const;
/** km/h per press: chosen. */
const BUTTON_STEP = 0.5;

const CODES = { stop: 0, pause: 2, go: 4 } as const;

const started = (pad: PitPatPad, speed: number): PitPatPad => {
  const machine = startMachine({ ...pad.machine, startSpeed: speed });
  if (isResting(machine)) return { machine, state: pad.state };
  // Distances continue from one session to the next, and are zeroed at a start (WM2).
  const counters = pad.state.paused ? machine.belt.counters : resetCounters(machine.belt.counters, false);
  return put(
    { machine: { ...machine, belt: { ...machine.belt, counters } }, state: pad.state },
    { paused: false },
  );
};

/** The same number starts a belt, sets its speed, and restarts a belt that is slowing to rest. */
const go = (pad: PitPatPad, speed: number): PitPatPad =>
  isResting(pad.machine)
    ? started(pad, speed)
    : put({ machine: aimMachine(pad.machine, speed), state: pad.state }, { paused: false });

const halted = (pad: PitPatPad, paused: boolean): PitPatPad =>
  put({ machine: stopMachine(pad.machine), state: pad.state }, { paused });

const obey = (pad: PitPatPad, { code, showsMiles, speed }: PadCommand): PitPatPad => {
  const shown = put(pad, { showsMiles });
  switch (code) {
    case CODES.stop:
      return halted(shown, false);
    case CODES.pause:
      // A belt at rest has nothing to pause.
      return halted(shown, !isResting(pad.machine) || pad.state.paused);
    case CODES.go:
      return go(shown, speed / 1000);
    default:
      return pad;
  }
};

const heartbeat = (pad: PitPatPad): PitPatPad => {
  const { machine, state } = pad;
  if (state.owed || !machine.model.pitpat.variant.heartbeat) return put(pad, { owed: false });
  const unasked = [...state.unasked, machine.at].filter((at) => machine.at - at < UNASKED.within);
  return put(pad, { unasked, isLinkRefused: unasked.length > UNASKED.most });
};

const receive = (pad: PitPatPad, characteristic: Uuid, bytes: Uint8Array): PitPatPad => {
  const { machine } = pad;
  const { variant } = machine.model.pitpat;
  if (characteristic !== variant.write) return pad;
  // A write without the envelope's first byte ends the link (WM2).
  if (variant.envelope && bytes[0] !== 0x4d) return put(pad, { isLinkRefused: true });
  const seen = put(pad, { writtenAt: machine.at });
  const frame = variant.envelope ? opened(bytes) : bytes;
  const command = frame && parseCommand(frame);
  if (command === null) return seen;
  return command === "heartbeat" ? heartbeat(seen) : obey(seen, command);
};

const isIdleTooLong = ({ machine, state }: PitPatPad): boolean => {
  const { patience } = machine.model.pitpat;
  return patience !== null && machine.at >= state.writtenAt + patience;
};

const nextNotificationIn = ({ machine, state }: PitPatPad): number | null => {
  const { patience } = machine.model.pitpat;
  const speaks = state.subscribed ? state.sentAt + EVERY : Infinity;
  const leaves = patience === null ? Infinity : state.writtenAt + patience;
  const at = Math.min(speaks, leaves);
  return at === Infinity ? null : Math.max(0, at - machine.at);
};

const speak = (pad: PitPatPad): WithNotifications<PitPatPad> => {
  const { machine, state } = pad;
  if (!state.subscribed || machine.at < state.sentAt + EVERY) return { pad, notifications: [] };
  const sent = put(pad, { sentAt: machine.at, number: (state.number + 1) & 0xff, owed: true });
  return { pad: sent, notifications: [statusOf(pad)] };
};

/** A button of the remote or of the pad itself. */
const press = (pad: PitPatPad, key: Key): PitPatPad => {
  const { machine, state } = pad;
  if (key === "start-stop" && isResting(machine)) return started(pad, machine.model.startSpeed);
  if (key === "start-stop" || key === "stop") return halted(pad, key === "start-stop");
  if (machine.belt.phase !== "running") return pad;
  const step = key === "+" ? BUTTON_STEP : -BUTTON_STEP;
  return { machine: aimMachine(machine, machine.belt.target + step), state };
};

/** PitPat, DeerRun, Superun from the pad's side (more-protocols 3). */
export const pitpatBehaviour: Behaviour<PitPatPad> = {
  advance: (pad, ms) => ({ machine: runMachine(pad.machine, ms), state: pad.state }),
  receive: (pad, characteristic, bytes) => ({ pad: receive(pad, characteristic, bytes), notifications: [] }),
  subscribe: (pad, characteristic) =>
    characteristic === pad.machine.model.pitpat.variant.notify
      ? put(pad, { subscribed: true, sentAt: pad.machine.at + FIRST - EVERY })
      : pad,
  nextNotificationIn: nextNotificationIn,
  notify: speak,
  valueOf: (pad, characteristic) =>
    characteristic === pad.machine.model.pitpat.variant.notify ? statusOf(pad).bytes : null,
  connected: unconnected,
  endsLink: (pad) => (pad.state.isLinkRefused || isIdleTooLong(pad) ? "drop" : null),
  press,
  control: (pad) => pad,
  safetyKey(pad, inPlace) {
    const keyed = { machine: { ...pad.machine, safetyKey: inPlace }, state: pad.state };
    return inPlace ? keyed : halted(keyed, false);
  },
  damaged: (bytes, at) => bytes.map((byte, index) => (index === at ? byte ^ 0x10 : byte)),
};
