import type { Uuid } from "../../ble/radio.js";
import type { Key } from "../../protocol/kingsmith-text/lines.js";
import { aimMachine, isResting, startMachine, stopMachine } from "../machine.js";
import { APP, decoded, PANEL, put, notifyLines, type TextPad, valueOfKey } from "./state.js";

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
  const { machine, state } = pad;
  const begins = state.pending === "" && !state.losing;
  const losing = state.losing || (begins && machine.at - state.lineAt < machine.model.text.lineGap);
  if (byte !== END) return put(pad, { losing, pending: state.pending + String.fromCharCode(byte) });
  const ended = put(pad, { losing: false, pending: "", lineAt: machine.at });
  return losing ? ended : receiveLine(ended, state.pending);
};

const receiveLine = (pad: TextPad, line: string): TextPad => {
  const text = decoded(pad.state, line);
  // It answers any line, so the connection counts as used.
  const greeted = put(pad, { isHandshakeSeen: true });
  if (text === null) return notifyLines(greeted, "format error");
  const [word = "", ...args] = text.split(" ");
  switch (word) {
    case "shake":
      return notifyLines(greeted, "shake 00");
    case "version":
      return notifyLines(greeted, "version 0014");
    case "net":
      return notifyLines(greeted, "net cloud");
    case "get_dn":
    case "get_pk":
      return notifyLines(greeted, `${word} 3`);
    case "time_posix":
      return notifyLines(put(greeted, { clockSet: true }), "time_posix 0");
    case "servers":
      return args[0] === "getProp" ? report(greeted, args.slice(1)) : notifyLines(greeted, "format error");
    case "props":
      return args.length === 2
        ? command(greeted, args[0] ?? "", args[1] ?? "")
        : notifyLines(greeted, "format error");
    default:
      return notifyLines(greeted, "format error");
  }
};

/** Properties without a value are left out, and one key is sent twice (more-protocols 1.5, captured). */
const report = (pad: TextPad, ids: readonly string[]): TextPad => {
  const { properties } = pad.machine.model.text;
  const keys = ids.map((id) => properties.get(Number(id))).filter((key) => key !== undefined);
  const asksState = keys.includes("CurrentSpeed");
  // In standby it does not report its configuration (more-protocols 1.6).
  if (keys.length === 0 || (pad.state.asleep && !asksState)) return notifyLines(pad, "servers 0");
  const reported = new Map(keys.map((key) => [key, valueOfKey(pad, key) ?? ""] as const));
  const worth = new Map([...reported].filter(([key, value]) => !(COUNTERS.includes(key) && value === "0")));
  const answered = notifyLines(pad, "servers 0", propsOf(worth));
  return asksState ? put(answered, { reported }) : answered;
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
  const { machine, state } = pad;
  if (machine.model.text.wantsClock && !state.clockSet) return refuse(pad, REFUSED);
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

const refuse = (pad: TextPad, code: number): TextPad => notifyLines(pad, `props Error ErrorCode ${code}`);

const isLocked = ({ state }: TextPad): boolean => state.asleep || state.panelKeeps || state.options.childLock;

/** The panel gives control to the app, or keeps it; the echo is the answer (more-protocols 1.6). */
const control = (pad: TextPad, value: string): TextPad => {
  const { state } = pad;
  if (value !== "1") return notifyLines(put(pad, { controlMode: PANEL }), `props ControlMode ${PANEL}`);
  if (isLocked(pad)) return notifyLines(pad, `props ControlMode ${PANEL}`);
  if (state.refused + 1 < state.options.takesTry)
    return notifyLines(put(pad, { refused: state.refused + 1 }), `props ControlMode ${PANEL}`);
  return notifyLines(
    put(pad, { controlMode: APP, refused: 0, usedAt: pad.machine.at }),
    `props ControlMode ${APP}`,
  );
};

/** Without control it is accepted and ignored; on a running belt it has no effect (more-protocols 1.6). */
const start = (pad: TextPad): TextPad => {
  const { machine, state } = pad;
  if (state.asleep) return refuse(pad, REFUSED);
  if (state.controlMode === PANEL || !isResting(machine)) return pad;
  return { machine: startMachine(machine), state: { ...state, usedAt: machine.at, ended: false } };
};

/** Each stop returns control to the panel; the counters stay. */
const stop = (pad: TextPad): TextPad => {
  const { machine, state } = pad;
  if (state.options.deafSpinUp && machine.belt.phase === "countdown") return pad;
  return { machine: stopMachine(machine), state: { ...state, controlMode: PANEL, usedAt: machine.at } };
};

const speed = (pad: TextPad, value: string): TextPad => {
  const { machine, state } = pad;
  const { min, max } = machine.model.belt;
  const kmh = /^[0-9]+\.[0-9]$/.test(value) ? Number(value) * machine.unit : NaN;
  if (!(kmh >= min - 0.01 && kmh <= max + 0.01)) return refuse(pad, BAD_VALUE);
  const since = state.movesSince ?? Infinity;
  if (machine.belt.phase !== "running" || machine.at - since < SPEED_AFTER) return pad;
  return { machine: aimMachine(machine, kmh), state };
};
