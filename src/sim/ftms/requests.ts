import type { Uuid } from "../../ble/radio.js";
import { OPCODE, type Result } from "../../protocol/ftms/control-point-frames.js";
import { FTMS } from "../../protocol/ftms/gatt.js";
import type { MachineEvent } from "../../protocol/ftms/machine-status.js";
import { encodeAnswer, type MachineRequest, parseRequest } from "../../protocol/ftms/server-frames.js";
import {
  readSupplement,
  SUPPLEMENT,
  supplementFrame,
  unlockFrame,
  UNLOCKED,
} from "../../protocol/ftms/kingsmith-service.js";
import { toHex } from "../../protocol/bytes.js";
import { type FtmsState, type FtmsPad, isOpen, notify, notifyEvent } from "./state.js";
import { begin, halt, targetEvent } from "./behaviour.js";
import { aimMachine, isResting } from "../machine.js";

/** One write to a characteristic: its effect on the machine. The answers are in its outbox. */
export const receiveFtms = (pad: FtmsPad, characteristic: Uuid, bytes: Uint8Array): FtmsPad => {
  switch (characteristic) {
    case SUPPLEMENT.write:
      return receiveSupplement(pad, bytes);
    case FTMS.preamble:
      // Its content has no known meaning; only its arrival counts.
      return put(pad, { preambled: bytes.length > 0 });
    case FTMS.controlPoint:
      return isOpen(pad.state) && pad.state.subscribed.includes(characteristic)
        ? put(request(pad, bytes), { preambled: false })
        : pad;
    default:
      return pad;
  }
};

const put = ({ machine, state }: FtmsPad, change: Partial<FtmsState>): FtmsPad => ({
  machine,
  state: { ...state, ...change },
});

/** The unlock request for this name, with any salt (wire-facts b.7.7); the rest of the service is not simulated. */
const receiveSupplement = (pad: FtmsPad, bytes: Uint8Array): FtmsPad => {
  const frame = readSupplement(bytes);
  const expected = frame && unlockFrame(pad.state.options.name, frame.data[0]);
  if (!expected || toHex(expected) !== toHex(bytes)) return pad;
  return notify(put(pad, { unlocked: true }), SUPPLEMENT.notify, supplementFrame(UNLOCKED, []));
};

/** The effect of a request: the machine after it, the result to answer, and the event that 2ADA reports. */
interface Done {
  readonly pad: FtmsPad;
  readonly result: Result;
  readonly event?: MachineEvent;
}

const request = (pad: FtmsPad, bytes: Uint8Array): FtmsPad => {
  const asked = parseRequest(bytes);
  const lost = isLost(pad, asked);
  if (lost) return pad;
  const opcode = bytes[0] ?? 0;
  const done = asked.op === "control" ? permit(pad) : guarded(pad, asked);
  return withEvent(answer(done, opcode, pad), done, asked);
};

/** Two starts or stops within a second: the second is lost (wire-facts b.7.4). Some lose any stop in their spin-up. */
const isLost = ({ machine, state }: FtmsPad, { op }: MachineRequest): boolean => {
  const halts = op === "stop" || op === "pause";
  const deaf = halts && state.options.deafSpinUp && machine.belt.phase === "countdown";
  const soon = machine.at - state.toggledAt < machine.model.ftms.toggleGap;
  return deaf || ((op === "start" || halts) && soon);
};

const answer = ({ pad, result }: Done, opcode: number, before: FtmsPad): FtmsPad => {
  const { indicates } = pad.machine.model.ftms;
  const speaks =
    indicates || (opcode === OPCODE.control && !before.state.asked) || result === "not-permitted";
  return speaks ? notify(pad, FTMS.controlPoint, encodeAnswer({ opcode, result })) : pad;
};

const withEvent = (pad: FtmsPad, { event, result }: Done, { op }: MachineRequest): FtmsPad => {
  const { reports } = pad.machine.model.ftms;
  const wanted = reports === "all" || (reports === "start-stop" && op !== "speed" && op !== "incline");
  return event && wanted && result === "success" ? notifyEvent(pad, event) : pad;
};

const permit = (pad: FtmsPad): Done => {
  const asked = put(pad, { asked: true });
  // MC21 answers with a failure and obeys nevertheless (wire-facts b.7.6).
  if (!pad.machine.model.ftms.indicates) return { pad: put(asked, { permitted: true }), result: "failed" };
  if (pad.state.refusesControl) return { pad: put(asked, { permitted: false }), result: "failed" };
  return { pad: put(asked, { permitted: true }), result: "success" };
};

const guarded = (pad: FtmsPad, asked: MachineRequest): Done => {
  const { machine, state } = pad;
  const preambled = state.preambled || !machine.model.ftms.preamble;
  const permitted = state.permitted || !machine.model.ftms.indicates;
  if (asked.op === "unknown") return { pad, result: "not-supported" };
  if (asked.op === "invalid") return { pad, result: "invalid" };
  if (preambled && permitted && !state.refusesControl) return obey(pad, asked);
  return { pad, result: state.options.failsWithoutPermission ? "failed" : "not-permitted" };
};

const obey = (pad: FtmsPad, asked: MachineRequest): Done => {
  switch (asked.op) {
    case "start":
      return start(pad);
    case "stop":
      return { pad: halt(pad, "stop"), result: "success", event: { type: "stopped" } };
    case "pause":
      return pause(pad);
    case "speed":
      return speed(pad, asked.number);
    case "incline":
      return incline(pad, asked.tenths);
    case "reset":
      return {
        pad: put(halt(pad, "stop"), { permitted: false }),
        result: "success",
        event: { type: "reset" },
      };
    default:
      return { pad, result: "not-supported" };
  }
};

const start = (pad: FtmsPad): Done => {
  if (!isResting(pad.machine))
    return pad.machine.model.ftms.startToggles
      ? { pad: halt(pad, "pause"), result: "success", event: { type: "paused" } }
      : { pad, result: "failed" };
  const begun = begin(pad);
  if (isResting(begun.machine)) return { pad: begun, result: "failed" };
  return { pad: begun, result: "success", event: { type: "started" } };
};

const pause = (pad: FtmsPad): Done => {
  if (pad.state.options.refusePause) return { pad, result: "not-supported" };
  if (isResting(pad.machine)) return { pad, result: pad.state.session === "paused" ? "success" : "failed" };
  return { pad: halt(pad, "pause"), result: "success", event: { type: "paused" } };
};

const speed = (pad: FtmsPad, number: number): Done => {
  const { machine, state } = pad;
  const { belt, ftms } = machine.model;
  const kmh = (number / 100) * machine.unit;
  if (machine.belt.phase === "countdown" && ftms.crashes)
    return { pad: put(pad, { crashed: true }), result: "success" };
  // The tolerance is for numbers that were miles.
  if (kmh < belt.min - 0.01 || kmh > belt.max + 0.01) return { pad, result: "invalid" };
  if (machine.belt.phase !== "running" || !machine.safetyKey) return { pad, result: "failed" };
  const aimed = aimMachine(machine, kmh);
  return { pad: { machine: aimed, state }, result: "success", event: targetEvent(aimed) };
};

const incline = (pad: FtmsPad, target: number): Done => {
  const range = pad.machine.model.ftms.incline;
  if (!range) return { pad, result: "not-supported" };
  if (target < range.min || target > range.max) return { pad, result: "invalid" };
  const changed = put(pad, { incline: { actual: pad.state.incline.actual, target } });
  return { pad: changed, result: "success", event: { type: "target-incline", inclination: target } };
};
