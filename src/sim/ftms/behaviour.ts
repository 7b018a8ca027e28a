import type { Uuid } from "../../ble/radio.js";
import { FTMS } from "../../protocol/ftms/gatt.js";
import { encodeMachineEvent } from "../../protocol/ftms/server-frames.js";
import type { Key, WithNotifications } from "../behaviour.js";
import { resetCounters } from "../counters.js";
import {
  dataFrames,
  type FtmsState,
  type FtmsPad,
  isOpen,
  presentEvent,
  notify,
  isDataDue,
  notifyEvent,
  trainingFrame,
  trainingOf,
} from "./state.js";
import type { FtmsMachine } from "./models.js";
import { aimMachine, isResting, runMachine, startMachine, stopMachine } from "../machine.js";

/** km/h per press; a machine that counts in miles takes half a mile per hour. */
const REMOTE_STEP = 0.5;
/** 0.1 % per second: chosen. */
const INCLINE_RATE = 5;

const put = (pad: FtmsPad, change: Partial<FtmsState>): FtmsPad => ({
  machine: pad.machine,
  state: { ...pad.state, ...change },
});

/** The countdown begins, the session begins or resumes; without effect where the machine refuses. */
export const begin = (pad: FtmsPad): FtmsPad => {
  const machine = startMachine(pad.machine);
  if (isResting(machine)) return { machine, state: pad.state };
  return { machine, state: { ...pad.state, session: "active", halting: null, toggledAt: machine.at } };
};

/**
 * The belt slows down. 08 01 ends the session, 08 02 keeps it (wire-facts b.7.4). KingSmith's machines drop the
 * permission at each stop (more-protocols 4.6): no source tells a client's from one at the machine.
 */
export const halt = ({ machine, state }: FtmsPad, how: "stop" | "pause"): FtmsPad => {
  const permitted = state.permitted && !machine.model.ftms.stopEndsPermission;
  const halted = { ...state, halting: how, toggledAt: machine.at, permitted };
  return settle({ machine: stopMachine(machine), state: halted });
};

/** A belt that has come to rest: its session is paused, or ended and the counters zeroed. */
const settle = ({ machine, state }: FtmsPad): FtmsPad => {
  if (state.halting === null || !isResting(machine)) return { machine, state };
  if (state.halting === "pause") return { machine, state: { ...state, session: "paused", halting: null } };
  const belt = { ...machine.belt, counters: resetCounters(machine.belt.counters, false) };
  return { machine: { ...machine, belt }, state: { ...state, session: "idle", halting: null } };
};

const inclined = (state: FtmsState, ms: number): FtmsState["incline"] => {
  const { actual, target } = state.incline;
  const change = (INCLINE_RATE * ms) / 1000;
  return {
    target,
    actual: Math.abs(target - actual) <= change ? target : actual + Math.sign(target - actual) * change,
  };
};

/** `ms` of time, at most a tenth of a second of it while anything moves. */
export const liveFtms = ({ machine, state }: FtmsPad, ms: number): FtmsPad =>
  trained(settle({ machine: runMachine(machine, ms), state: { ...state, incline: inclined(state, ms) } }));

/** Training Status is notified when it changes, to a subscribed client. */
const trained = (pad: FtmsPad): FtmsPad => {
  const { training, subscribed } = pad.state;
  const now = trainingOf(pad);
  if (now === training || !subscribed.includes(FTMS.trainingStatus)) return pad;
  return notify(put(pad, { training: now }), FTMS.trainingStatus, trainingFrame(now));
};

/** A client subscribes. On some machines a subscription too soon after the last one is lost (wire-facts b.7.2). */
export const subscribeFtms = (pad: FtmsPad, characteristic: Uuid): FtmsPad => {
  const { machine, state } = pad;
  const { cccdGap, replays } = machine.model.ftms;
  if (machine.at - state.subscribedAt < cccdGap) return put(pad, { subscribedAt: machine.at });
  const subscribed = [...state.subscribed.filter((each) => each !== characteristic), characteristic];
  const listened = put(pad, {
    subscribed,
    subscribedAt: machine.at,
    dataAt:
      characteristic === FTMS.treadmillData ? machine.at + machine.model.ftms.every.resting : state.dataAt,
  });
  const replayed = replays && characteristic === FTMS.machineStatus;
  return replayed ? notify(listened, characteristic, encodeMachineEvent(presentEvent(listened))) : listened;
};

/** Milliseconds until it notifies by itself; null: no subscription. */
export const ftmsSpeaksIn = ({ machine, state }: FtmsPad): number | null => {
  if (state.outbox.length > 0) return 0;
  const listens = state.subscribed.some(
    (each) => each === FTMS.treadmillData || each === FTMS.trainingStatus,
  );
  if (!listens || !isOpen(state)) return null;
  return Math.max(0, Math.min(state.dataAt, machine.at + machine.model.ftms.every.resting) - machine.at);
};

/** The notifications that it sends by itself now, recorded as sent. */
export const ftmsSpeaks = (pad: FtmsPad): WithNotifications<FtmsPad> => {
  const { machine, state } = pad;
  const due = state.dataAt <= machine.at;
  const { moving, resting } = machine.model.ftms.every;
  const data = due && isDataDue(pad) && isOpen(state) ? dataFrames(pad) : [];
  const dataAt = due ? machine.at + (machine.belt.speed > 0 ? moving : resting) : state.dataAt;
  return {
    pad: put(pad, { outbox: [], dataAt }),
    notifications: [...state.outbox, ...data.map((bytes) => ({ characteristic: FTMS.treadmillData, bytes }))],
  };
};

/** A button of the remote or the console: it works independent of the client. */
export const pressFtms = (pad: FtmsPad, key: Key): FtmsPad => {
  const { machine } = pad;
  if (key === "+" || key === "-") return nudge(pad, key === "+" ? REMOTE_STEP : -REMOTE_STEP);
  if (isResting(machine)) {
    if (key === "stop")
      return pad.state.session === "idle" ? pad : notifyEvent(halt(pad, "stop"), { type: "stopped" });
    const begun = begin(pad);
    return isResting(begun.machine) ? begun : notifyEvent(begun, { type: "started" });
  }
  return key === "stop"
    ? notifyEvent(halt(pad, "stop"), { type: "stopped" })
    : notifyEvent(halt(pad, "pause"), { type: "paused" });
};

const nudge = (pad: FtmsPad, step: number): FtmsPad => {
  const { machine, state } = pad;
  if (machine.belt.phase !== "running") return pad;
  const aimed = aimMachine(machine, machine.belt.target + step * machine.unit);
  return notifyEvent({ machine: aimed, state }, targetEvent(aimed));
};

export const targetEvent = ({
  belt,
}: FtmsMachine): { readonly type: "target-speed"; readonly speed: number } => ({
  type: "target-speed",
  speed: Math.round(belt.target * 100),
});

/** The safety key is put in, or pulled: then the belt slows to rest, and the session is over. */
export const ftmsSafetyKey = ({ machine, state }: FtmsPad, inPlace: boolean): FtmsPad => {
  const pad = { machine: { ...machine, safetyKey: inPlace }, state };
  if (inPlace) return pad;
  const halted = isResting(machine) && state.session === "idle" ? pad : halt(pad, "stop");
  return notifyEvent(halted, { type: "safety-key" });
};
