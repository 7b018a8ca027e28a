import type { Key as Button, WithNotifications } from "../behaviour.js";
import { resetCounters } from "../counters.js";
import { aimMachine, isResting, runMachine, startMachine, stopMachine } from "../machine.js";
import { propsOf } from "./commands.js";
import { PANEL, put, notifyLines, notifyBytes, type TextPad, valueOfKey } from "./state.js";

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
  const state = {
    ...pad.state,
    movesSince: moves ? (pad.state.movesSince ?? machine.at) : null,
    usedAt: isResting(machine) ? pad.state.usedAt : machine.at,
  };
  return dozed(ended({ machine, state }));
};

/** A stop at the pad zeroes time and steps; after one by the app they continue (more-protocols 1.5). */
const ended = ({ machine, state }: TextPad): TextPad => {
  if (!state.ended || !isResting(machine)) return { machine, state };
  const belt = { ...machine.belt, counters: resetCounters(machine.belt.counters, false) };
  return { machine: { ...machine, belt }, state: { ...state, ended: false } };
};

const dozed = (pad: TextPad): TextPad => {
  const { sleepAfter } = pad.machine.model.text;
  const due =
    sleepAfter !== null && isResting(pad.machine) && pad.machine.at - pad.state.usedAt >= sleepAfter;
  return due ? put(pad, { asleep: true, controlMode: PANEL }) : pad;
};

/** The deadline for the first line of a client. */
export const isIdleTooLong = ({ machine, state }: TextPad): boolean => {
  const { window } = machine.model.text;
  return window !== null && !state.isHandshakeSeen && machine.at >= state.connectedAt + window;
};

/** Milliseconds until it sends something by itself, or drops the link. */
export const textSpeaksIn = ({ machine, state }: TextPad): number | null => {
  const { window, sideChannel } = machine.model.text;
  const leaves = window !== null && !state.isHandshakeSeen ? [state.connectedAt + window] : [];
  const zeros = sideChannel && !state.isHandshakeSeen && state.subscribed ? [state.sentAt + ZEROS_EVERY] : [];
  const pushes = state.reported && state.subscribed ? [state.sentAt + PUSH_EVERY] : [];
  const at = Math.min(...leaves, ...zeros, ...pushes);
  return at === Infinity ? null : Math.max(0, at - machine.at);
};

/** The properties that have changed since they were sent; the client has queried them once. */
const pushed = (pad: TextPad): TextPad => {
  const { reported } = pad.state;
  if (!reported) return pad;
  const changed = new Map(
    [...reported].flatMap(([key, before]) => {
      const value = valueOfKey(pad, key) ?? "";
      return value === before ? [] : [[key, value] as const];
    }),
  );
  return changed.size === 0
    ? pad
    : put(notifyLines(pad, propsOf(changed)), { reported: new Map([...reported, ...changed]) });
};

/** The notifications that it sends by itself now, recorded as sent. */
export const textSpeaks = (pad: TextPad): WithNotifications<TextPad> => {
  const { machine, state } = pad;
  const due = machine.at >= state.sentAt + (state.isHandshakeSeen ? PUSH_EVERY : ZEROS_EVERY);
  const zeros = machine.model.text.sideChannel && !state.isHandshakeSeen;
  const spoken = due ? put(zeros ? notifyBytes(pad, ZEROS) : pushed(pad), { sentAt: machine.at }) : pad;
  return { pad: put(spoken, { outbox: [] }), notifications: spoken.state.outbox };
};

/** A button of the remote or the panel: it works whoever is in control, and only it ends the standby. */
export const pressText = (pad: TextPad, key: Button): TextPad => {
  const { machine, state } = put(pad, { usedAt: pad.machine.at });
  if (state.asleep) return { machine, state: { ...state, asleep: false } };
  if (key === "+" || key === "-") return nudged({ machine, state }, key === "+" ? REMOTE_STEP : -REMOTE_STEP);
  if (!isResting(machine))
    return { machine: stopMachine(machine), state: { ...state, controlMode: PANEL, ended: true } };
  return key === "stop" ? pad : { machine: startMachine(machine), state: { ...state, ended: false } };
};

const nudged = ({ machine, state }: TextPad, step: number): TextPad =>
  machine.belt.phase === "running"
    ? { machine: aimMachine(machine, machine.belt.target + step * machine.unit), state }
    : { machine, state };
