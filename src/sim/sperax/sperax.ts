import type { Uuid } from "../../ble/radio.js";
import { NOTIFY, WRITE } from "../../protocol/sperax/gatt.js";
import { GREETING, parseCommand } from "../../protocol/sperax/server-frames.js";
import type { Behaviour, Key, Said } from "../behaviour.js";
import { aimMachine, isResting, runMachine } from "../machine.js";
import { halted, obey, started } from "./commands.js";
import { put, say, settled, type SperaxPad, telemetryFrame, unconnected } from "./state.js";

/** Between two frames of the stream that polls keep alive: chosen. */
const EVERY = 1000;
/** km/h per press: chosen. */
const BUTTON_STEP = 0.5;
/** Levels per second: chosen. */
const INCLINE_RATE = 1;

const live = (pad: SperaxPad, ms: number): SperaxPad => {
  const { actual, target } = pad.face.incline;
  const change = (INCLINE_RATE * ms) / 1000;
  const left = target - actual;
  const incline = { target, actual: Math.abs(left) <= change ? target : actual + Math.sign(left) * change };
  return settled({ machine: runMachine(pad.machine, ms), face: { ...pad.face, incline } });
};

const receive = (pad: SperaxPad, characteristic: Uuid, bytes: Uint8Array): SperaxPad => {
  const { machine, face } = pad;
  if (characteristic !== WRITE) return pad;
  const early = machine.at - face.frameAt < machine.model.sperax.gap;
  const seen = put(pad, { frameAt: machine.at });
  const command = early ? null : parseCommand(bytes);
  return command ? obey(seen, command) : seen;
};

const said = (pad: SperaxPad): Said<SperaxPad> => ({
  pad: put(pad, { outbox: [] }),
  notifications: pad.face.outbox,
});

const streams = ({ machine, face }: SperaxPad): boolean =>
  face.subscribed && machine.at - face.polledAt < machine.model.sperax.quietAfter;

const isForsaken = ({ machine, face }: SperaxPad): boolean =>
  machine.at >= face.polledAt + machine.model.sperax.leavesAfter;

const speaksIn = (pad: SperaxPad): number | null => {
  const { machine, face } = pad;
  if (face.outbox.length > 0) return 0;
  const speaks = streams(pad) ? face.spokeAt + EVERY : Infinity;
  return Math.max(0, Math.min(speaks, face.polledAt + machine.model.sperax.leavesAfter) - machine.at);
};

const speak = (pad: SperaxPad): Said<SperaxPad> => {
  const { machine, face } = pad;
  const due = streams(pad) && machine.at >= face.spokeAt + EVERY;
  return said(due ? say(put(pad, { spokeAt: machine.at }), telemetryFrame(pad)) : pad);
};

/** A button of the remote or of the pad itself. */
const press = (pad: SperaxPad, key: Key): SperaxPad => {
  const { machine, face } = pad;
  if (key === "start-stop" && isResting(machine)) return started(pad);
  if (key === "start-stop" || key === "stop") return halted(pad, key === "stop" ? "stop" : "pause");
  if (machine.belt.phase !== "running") return pad;
  const step = key === "+" ? BUTTON_STEP : -BUTTON_STEP;
  return { machine: aimMachine(machine, machine.belt.target + step), face };
};

/** Sperax pads from the pad's side (more-protocols 2). Their belt keeps running when the link is lost. */
export const speraxBehaviour: Behaviour<SperaxPad> = {
  live,
  receive: (pad, characteristic, bytes) => said(receive(pad, characteristic, bytes)),
  subscribe(pad, characteristic) {
    if (characteristic !== NOTIFY) return pad;
    return say(put(pad, { subscribed: true, spokeAt: pad.machine.at }), GREETING);
  },
  speaksIn,
  speak,
  valueOf: () => null,
  connected: unconnected,
  ends: (pad) => (isForsaken(pad) ? "drop" : null),
  press,
  control: (pad) => pad,
  safetyKey(pad, inPlace) {
    const keyed = { machine: { ...pad.machine, safetyKey: inPlace }, face: pad.face };
    return inPlace ? keyed : halted(keyed, "stop");
  },
  damaged: (bytes, at) => bytes.map((byte, index) => (index === at ? byte ^ 0x10 : byte)),
};
