import { MODE_BYTES } from "../../protocol/wilink/replies.js";
import { resetCounters } from "../counters.js";
import { aimMachine, isResting, startMachine, stopMachine } from "../machine.js";
import type { WiLinkMachine } from "./models.js";
import { BUTTONS, RESTING, recordOf, stateOf, used } from "./state.js";
import type { WiLinkPad } from "./state.js";

/** km/h per press; a pad that counts in miles takes half a mile per hour (wire-facts a.9, remote step). */
const REMOTE_STEP = 0.5;

/** The pad's own reaction to changes of its belt since `before`. */
export const follow = (before: WiLinkMachine, pad: WiLinkPad): WiLinkPad => {
  const { machine, state } = pad;
  if (isResting(before) && !isResting(machine)) return started(pad);
  const came = stateOf(machine) === RESTING && stateOf(before) !== RESTING;
  if (!came || before.belt.phase === "countdown") return isResting(machine) ? idled(pad) : used(pad, {});
  const walked = used(pad, { record: recordOf(machine, state) });
  return machine.model.wilink.counters === "at-rest" ? reset(walked) : idled(walked);
};

/** A button of the remote or of the pad itself: it works independent of the app. */
export const press = (pad: WiLinkPad, key: keyof typeof BUTTONS): WiLinkPad => {
  const { machine, state } = used(pad, { button: { code: BUTTONS[key], at: pad.machine.at } });
  if (key !== "start-stop")
    return { machine: nudged(machine, key === "+" ? REMOTE_STEP : -REMOTE_STEP), state };
  if (!isResting(machine)) return { machine: stopMachine(machine), state };
  const mode = state.mode === MODE_BYTES.standby ? MODE_BYTES.manual : state.mode;
  return { machine: startMachine(machine), state: { ...state, mode } };
};

const nudged = (machine: WiLinkMachine, step: number): WiLinkMachine =>
  machine.belt.phase === "running" ? aimMachine(machine, machine.belt.target + step * machine.unit) : machine;

const started = (pad: WiLinkPad): WiLinkPad => {
  const walking = used(pad, { startedAt: pad.machine.at });
  return pad.machine.model.wilink.counters === "next-start" ? reset(walking) : walking;
};

/** At rest: to standby after its time, where some models zero the counters. */
const idled = ({ machine, state }: WiLinkPad): WiLinkPad => {
  const due = state.sleepAfter !== null && machine.at - state.usedAt >= state.sleepAfter;
  const pad = due ? { machine, state: { ...state, mode: MODE_BYTES.standby } } : { machine, state };
  return pad.state.mode === MODE_BYTES.standby && machine.model.wilink.counters === "standby"
    ? reset(pad)
    : pad;
};

const reset = ({ machine, state }: WiLinkPad): WiLinkPad => {
  const counters = resetCounters(machine.belt.counters, machine.model.wilink.stepsLinger);
  return { machine: { ...machine, belt: { ...machine.belt, counters } }, state };
};
