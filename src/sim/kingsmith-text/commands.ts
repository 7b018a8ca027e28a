import type { Uuid } from "../../ble/radio.js";
import type { Key } from "../../protocol/kingsmith-text/lines.js";
import { aimMachine, isResting, startMachine, stopMachine } from "../machine.js";
import { APP, decoded, PANEL, put, say, type TextPad, valueOfKey } from "./state.js";

/** The end of a line. */
const END = 0x0d;
/** A speed earlier than this after the first movement is lost (more-protocols 1.6). */
const SPEED_AFTER = 600;
/** The vendor's "refused", and MIoT's "value" and "no such property". */
const REFUSED = -5000;
const BAD_VALUE = -4005;
const NO_PROPERTY = -4003;

/** Bytes form one stream, whatever pieces they arrive in; each line is obeyed when it ends. */
export const receiveText = (pad: TextPad, characteristic: Uuid, bytes: Uint8Array): TextPad => {
  if (characteristic !== pad.machine.model.text.write) return pad;
  return Array.from(bytes).reduce(receiveByte, pad);
};

const receiveByte = (pad: TextPad, byte: number): TextPad => {
  const { machine, face } = pad;
  const begins = face.pending === "" && !face.losing;
  const losing = face.losing || (begins && machine.at - face.lineAt < machine.model.text.lineGap);
  if (byte !== END) return put(pad, { losing, pending: face.pending + String.fromCharCode(byte) });
  const ended = put(pad, { losing: false, pending: "", lineAt: machine.at });
  return losing ? ended : receiveLine(ended, face.pending);
};

const receiveLine = (pad: TextPad, line: string): TextPad => {
  const text = decoded(pad.face, line);
  // It answers any line, so the connection counts as used.
  const heard = put(pad, { greeted: true });
  if (text === null) return say(heard, "format error");
  const [word = "", ...args] = text.split(" ");
  switch (word) {
    case "shake":
      return say(heard, "shake 00");
    case "version":
      return say(heard, "version 0014");
    case "net":
      return say(heard, "net cloud");
    case "get_dn":
    case "get_pk":
      return say(heard, `${word} 3`);
    case "time_posix":
      return say(put(heard, { clockSet: true }), "time_posix 0");
    case "servers":
      return args[0] === "getProp" ? tell(heard, args.slice(1)) : say(heard, "format error");
    case "props":
      return args.length === 2 ? command(heard, args[0] ?? "", args[1] ?? "") : say(heard, "format error");
    default:
      return say(heard, "format error");
  }
};

/** Properties without a value are left out, and one key is sent twice (more-protocols 1.5, captured). */
const tell = (pad: TextPad, ids: readonly string[]): TextPad => {
  const { properties } = pad.machine.model.text;
  const keys = ids.map((id) => properties.get(Number(id))).filter((key) => key !== undefined);
  const asksState = keys.includes("CurrentSpeed");
  // In standby it does not report its configuration (more-protocols 1.6).
  if (keys.length === 0 || (pad.face.asleep && !asksState)) return say(pad, "servers 0");
  const told = new Map(keys.map((key) => [key, valueOfKey(pad, key) ?? ""] as const));
  const worth = new Map([...told].filter(([key, value]) => !(COUNTERS.includes(key) && value === "0")));
  const answered = say(pad, "servers 0", propsOf(worth));
  return asksState ? put(answered, { told }) : answered;
};

const COUNTERS: readonly Key[] = [
  "RunningTotalTime",
  "RunningDistance",
  "BurnCalories",
  "RunningSteps",
  "spm",
];

export const propsOf = (values: ReadonlyMap<Key, string>): string => {
  const pairs = [...values].flatMap(([key, value]) =>
    Array.from({ length: key === "runState" ? 2 : 1 }, () => `${key} ${value}`),
  );
  return `props ${pairs.join("  ")} `;
};

const command = (pad: TextPad, key: string, value: string): TextPad => {
  const { machine, face } = pad;
  if (machine.model.text.wantsClock && !face.clockSet) return refuse(pad, REFUSED);
  switch (key) {
    case "ControlMode":
      return /^[012]$/.test(value) ? control(pad, value) : refuse(pad, BAD_VALUE);
    case "runState":
      if (value === "1") return start(pad);
      return value === "0" ? stop(pad) : refuse(pad, BAD_VALUE);
    case "CurrentSpeed":
      return speed(pad, value);
    default:
      return refuse(pad, NO_PROPERTY);
  }
};

const refuse = (pad: TextPad, code: number): TextPad => say(pad, `props Error ErrorCode ${code}`);

const isLocked = ({ face }: TextPad): boolean => face.asleep || face.panelKeeps || face.options.childLock;

/** The panel gives control to the app, or keeps it; the echo is the answer (more-protocols 1.6). */
const control = (pad: TextPad, value: string): TextPad => {
  const { face } = pad;
  if (value !== "1") return say(put(pad, { controlMode: PANEL }), `props ControlMode ${PANEL}`);
  if (isLocked(pad)) return say(pad, `props ControlMode ${PANEL}`);
  if (face.refused + 1 < face.options.takesTry)
    return say(put(pad, { refused: face.refused + 1 }), `props ControlMode ${PANEL}`);
  return say(put(pad, { controlMode: APP, refused: 0, usedAt: pad.machine.at }), `props ControlMode ${APP}`);
};

/** Without control it is accepted and ignored; on a running belt it has no effect (more-protocols 1.6). */
const start = (pad: TextPad): TextPad => {
  const { machine, face } = pad;
  if (face.asleep) return refuse(pad, REFUSED);
  if (face.controlMode === PANEL || !isResting(machine)) return pad;
  return { machine: startMachine(machine), face: { ...face, usedAt: machine.at, ended: false } };
};

/** Each stop returns control to the panel; the counters stay. */
const stop = (pad: TextPad): TextPad => {
  const { machine, face } = pad;
  if (face.options.deafSpinUp && machine.belt.phase === "countdown") return pad;
  return { machine: stopMachine(machine), face: { ...face, controlMode: PANEL, usedAt: machine.at } };
};

const speed = (pad: TextPad, value: string): TextPad => {
  const { machine, face } = pad;
  const { min, max } = machine.model.belt;
  const kmh = /^[0-9]+\.[0-9]$/.test(value) ? Number(value) * machine.unit : NaN;
  if (!(kmh >= min - 0.01 && kmh <= max + 0.01)) return refuse(pad, BAD_VALUE);
  const since = face.movesSince ?? Infinity;
  if (machine.belt.phase !== "running" || machine.at - since < SPEED_AFTER) return pad;
  return { machine: aimMachine(machine, kmh), face };
};
