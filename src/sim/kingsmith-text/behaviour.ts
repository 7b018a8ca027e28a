import type { Key as Button, Said } from "../behaviour.js";
import { resetCounters } from "../counters.js";
import { aimMachine, isResting, runMachine, startMachine, stopMachine } from "../machine.js";
import { propsOf } from "./commands.js";
import { PANEL, put, say, sayRaw, type TextPad, valueOfKey } from "./state.js";

/** km/h per press: chosen. */
const REMOTE_STEP = 0.5;
/** Milliseconds between two checks for changes: chosen. */
const PUSH_EVERY = 500;
/** Before the first line of a client a KS-C2 sends zeros, about once a second (more-protocols 1.3). */
const ZEROS_EVERY = 1000;
const ZEROS = new Uint8Array(13);

/** `ms` of time, at most a tenth of a second of it while anything moves. */
export const liveText = (pad: TextPad, ms: number): TextPad => {
  const machine = runMachine(pad.machine, ms);
  const moves = machine.belt.speed > 0;
  const face = {
    ...pad.face,
    movesSince: moves ? (pad.face.movesSince ?? machine.at) : null,
    usedAt: isResting(machine) ? pad.face.usedAt : machine.at,
  };
  return dozed(ended({ machine, face }));
};

/** A stop at the pad zeroes time and steps; after one by the app they continue (more-protocols 1.5). */
const ended = ({ machine, face }: TextPad): TextPad => {
  if (!face.ended || !isResting(machine)) return { machine, face };
  const belt = { ...machine.belt, counters: resetCounters(machine.belt.counters, false) };
  return { machine: { ...machine, belt }, face: { ...face, ended: false } };
};

const dozed = (pad: TextPad): TextPad => {
  const { sleepAfter } = pad.machine.model.text;
  const due = sleepAfter !== null && isResting(pad.machine) && pad.machine.at - pad.face.usedAt >= sleepAfter;
  return due ? put(pad, { asleep: true, controlMode: PANEL }) : pad;
};

/** The deadline for the first line of a client. */
export const isForsaken = ({ machine, face }: TextPad): boolean => {
  const { window } = machine.model.text;
  return window !== null && !face.greeted && machine.at >= face.connectedAt + window;
};

/** Milliseconds until it sends something by itself, or drops the link. */
export const textSpeaksIn = ({ machine, face }: TextPad): number | null => {
  const { window, sideChannel } = machine.model.text;
  const leaves = window !== null && !face.greeted ? [face.connectedAt + window] : [];
  const zeros = sideChannel && !face.greeted && face.subscribed ? [face.spokeAt + ZEROS_EVERY] : [];
  const pushes = face.told && face.subscribed ? [face.spokeAt + PUSH_EVERY] : [];
  const at = Math.min(...leaves, ...zeros, ...pushes);
  return at === Infinity ? null : Math.max(0, at - machine.at);
};

/** The properties that have changed since they were sent; the client has queried them once. */
const pushed = (pad: TextPad): TextPad => {
  const { told } = pad.face;
  if (!told) return pad;
  const changed = new Map(
    [...told].flatMap(([key, before]) => {
      const value = valueOfKey(pad, key) ?? "";
      return value === before ? [] : [[key, value] as const];
    }),
  );
  return changed.size === 0 ? pad : put(say(pad, propsOf(changed)), { told: new Map([...told, ...changed]) });
};

/** The notifications that it sends by itself now, recorded as sent. */
export const textSpeaks = (pad: TextPad): Said<TextPad> => {
  const { machine, face } = pad;
  const due = machine.at >= face.spokeAt + (face.greeted ? PUSH_EVERY : ZEROS_EVERY);
  const zeros = machine.model.text.sideChannel && !face.greeted;
  const spoken = due ? put(zeros ? sayRaw(pad, ZEROS) : pushed(pad), { spokeAt: machine.at }) : pad;
  return { pad: put(spoken, { outbox: [] }), notifications: spoken.face.outbox };
};

/** A button of the remote or the panel: it works whoever is in control, and only it ends the standby. */
export const pressText = (pad: TextPad, key: Button): TextPad => {
  const { machine, face } = put(pad, { usedAt: pad.machine.at });
  if (face.asleep) return { machine, face: { ...face, asleep: false } };
  if (key === "+" || key === "-") return nudged({ machine, face }, key === "+" ? REMOTE_STEP : -REMOTE_STEP);
  if (!isResting(machine))
    return { machine: stopMachine(machine), face: { ...face, controlMode: PANEL, ended: true } };
  return key === "stop" ? pad : { machine: startMachine(machine), face: { ...face, ended: false } };
};

const nudged = ({ machine, face }: TextPad, step: number): TextPad =>
  machine.belt.phase === "running"
    ? { machine: aimMachine(machine, machine.belt.target + step * machine.unit), face }
    : { machine, face };
