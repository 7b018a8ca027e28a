import type { Uuid } from "../../ble/radio.js";
import { NOTIFY, WRITE } from "../../protocol/sperax/gatt.js";
import { GREETING, parseCommand } from "../../protocol/sperax/server-frames.js";
import type { Behaviour, Key, WithNotifications } from "../behaviour.js";
import { aimMachine, isResting, runMachine } from "../machine.js";
import { halted, obey, started } from "./commands.js";
import { put, notify, settled, type SperaxPad, telemetryFrame, unconnected } from "./state.js";

/** Between two frames of the stream that polls keep alive: chosen. */
const EVERY = 1000;
/** km/h per press: chosen. */
const BUTTON_STEP = 0.5;
/** Levels per second: chosen. */
const INCLINE_RATE = 1;

const live = (pad: SperaxPad, ms: number): SperaxPad => {
  const { actual, target } = pad.state.incline;
  const change = (INCLINE_RATE * ms) / 1000;
  const left = target - actual;
  const incline = { target, actual: Math.abs(left) <= change ? target : actual + Math.sign(left) * change };
  return settled({ machine: runMachine(pad.machine, ms), state: { ...pad.state, incline } });
};

const receive = (pad: SperaxPad, characteristic: Uuid, bytes: Uint8Array): SperaxPad => {
  const { machine, state } = pad;
  if (characteristic !== WRITE) return pad;
  const early = machine.at - state.frameAt < machine.model.sperax.gap;
  const seen = put(pad, { frameAt: machine.at });
  const command = early ? null : parseCommand(bytes);
  return command ? obey(seen, command) : seen;
};

const withOutbox = (pad: SperaxPad): WithNotifications<SperaxPad> => ({
  pad: put(pad, { outbox: [] }),
  notifications: pad.state.outbox,
});

const streams = ({ machine, state }: SperaxPad): boolean =>
  state.subscribed && machine.at - state.polledAt < machine.model.sperax.quietAfter;

const isIdleTooLong = ({ machine, state }: SperaxPad): boolean =>
  machine.at >= state.polledAt + machine.model.sperax.leavesAfter;

const nextNotificationIn = (pad: SperaxPad): number | null => {
  const { machine, state } = pad;
  if (state.outbox.length > 0) return 0;
  const speaks = streams(pad) ? state.sentAt + EVERY : Infinity;
  return Math.max(0, Math.min(speaks, state.polledAt + machine.model.sperax.leavesAfter) - machine.at);
};

const speak = (pad: SperaxPad): WithNotifications<SperaxPad> => {
  const { machine, state } = pad;
  const due = streams(pad) && machine.at >= state.sentAt + EVERY;
  return withOutbox(due ? notify(put(pad, { sentAt: machine.at }), telemetryFrame(pad)) : pad);
};

/** A button of the remote or of the pad itself. */
const press = (pad: SperaxPad, key: Key): SperaxPad => {
  const { machine, state } = pad;
  if (key === "start-stop" && isResting(machine)) return started(pad);
  if (key === "start-stop" || key === "stop") return halted(pad, key === "stop" ? "stop" : "pause");
  if (machine.belt.phase !== "running") return pad;
  const step = key === "+" ? BUTTON_STEP : -BUTTON_STEP;
  return { machine: aimMachine(machine, machine.belt.target + step), state };
};

/** Sperax pads from the pad's side (more-protocols 2). Their belt keeps running when the link is lost. */
export const speraxBehaviour: Behaviour<SperaxPad> = {
  advance: live,
  receive: (pad, characteristic, bytes) => withOutbox(receive(pad, characteristic, bytes)),
  subscribe(pad, characteristic) {
    if (characteristic !== NOTIFY) return pad;
    return notify(put(pad, { subscribed: true, sentAt: pad.machine.at }), GREETING);
  },
  nextNotificationIn: nextNotificationIn,
  notify: speak,
  valueOf: () => null,
  connected: unconnected,
  endsLink: (pad) => (isIdleTooLong(pad) ? "drop" : null),
  press,
  control: (pad) => pad,
  safetyKey(pad, inPlace) {
    const keyed = { machine: { ...pad.machine, safetyKey: inPlace }, state: pad.state };
    return inPlace ? keyed : halted(keyed, "stop");
  },
  damaged: (bytes, at) => bytes.map((byte, index) => (index === at ? byte ^ 0x10 : byte)),
};
