import type { Key } from "../../protocol/kingsmith-text/lines.js";
import { decodeText, encodeText, type Table } from "../../protocol/kingsmith-text/tables.js";
import type { Notification } from "../behaviour.js";
import type { TextMachine } from "./models.js";

/** The options of one pad within its model; for tests. Default: the model's own. */
export interface TextOptions {
  readonly table: Table;
  /** A second pair of exchanged characters: a variant that no source has. */
  readonly secondPair: Table | null;
  /** Starts are refused until this many were tried. */
  readonly takesTry: number;
  readonly childLock: boolean;
  /** At power-on it is in the standby that only its panel ends. */
  readonly asleep: boolean;
  /** A stop before the belt moves is lost. */
  readonly deafSpinUp: boolean;
}

/** Who is in control: the app, or the pad's own panel (more-protocols 1.5). */
export const APP = 1;
export const PANEL = 2;

/** The state of a text pad besides its belt. Times are the machine's `at`. */
export interface TextState {
  readonly options: TextOptions;
  readonly controlMode: typeof APP | typeof PANEL;
  /** The panel keeps control. */
  readonly panelKeeps: boolean;
  readonly asleep: boolean;
  /** Starts refused since the last accepted one. */
  readonly refused: number;
  /** When the belt last moved, or was last requested to. */
  readonly usedAt: number;
  /** Since when the belt moves; null: it does not. */
  readonly movesSince: number | null;
  /** Its own panel has stopped it: the counters are zeroed at rest. */
  readonly ended: boolean;

  // The following ends with the connection.
  readonly connectedAt: number;
  readonly subscribed: boolean;
  /** A line has arrived. */
  readonly isHandshakeSeen: boolean;
  readonly clockSet: boolean;
  /** The received part of a line. */
  readonly pending: string;
  /** The current line began too soon after the last one. */
  readonly losing: boolean;
  readonly lineAt: number;
  /** The keys that are sent on change, with their last sent values; null: not queried yet. */
  readonly reported: ReadonlyMap<Key, string> | null;
  readonly sentAt: number;
  /** A frame of the side channel waits to be sent in the middle of a line. */
  readonly sideDue: boolean;
  readonly outbox: readonly Notification[];
}

export interface TextPad {
  readonly machine: TextMachine;
  readonly state: TextState;
}

const UNCONNECTED = {
  subscribed: false,
  isHandshakeSeen: false,
  clockSet: false,
  pending: "",
  losing: false,
  lineAt: -Infinity,
  reported: null,
  sentAt: -Infinity,
  sideDue: true,
  outbox: [],
} as const;

export const newTextState = (options: TextOptions): TextState => ({
  options,
  controlMode: PANEL,
  panelKeeps: false,
  asleep: options.asleep,
  refused: 0,
  usedAt: 0,
  movesSince: null,
  ended: false,
  connectedAt: 0,
  ...UNCONNECTED,
});

export const unconnected = ({ machine, state }: TextPad): TextPad => ({
  machine,
  state: { ...state, ...UNCONNECTED, connectedAt: machine.at },
});

export const put = ({ machine, state }: TextPad, change: Partial<TextState>): TextPad => ({
  machine,
  state: { ...state, ...change },
});

const exchanged = (line: string, pair: Table | null): string =>
  pair === null
    ? line
    : line.replace(/./g, (char) => (char === pair.a ? pair.b : char === pair.b ? pair.a : char));

/** A line decoded by this pad; null where it is not base64 for it. */
export const decoded = ({ options }: TextState, line: string): string | null =>
  line === "" ? "" : decodeText(exchanged(line, options.secondPair), options.table);

const encoded = ({ machine, state }: TextPad, text: string): string => {
  const { innerCr, padded } = machine.model.text;
  const line = exchanged(
    encodeText(innerCr ? `${text}\r` : text, state.options.table),
    state.options.secondPair,
  );
  return `${padded ? line : line.replace(/=+$/, "")}\r`;
};

/** The payload of a notification at the default MTU. */
const PART = 20;
/** Requests the time, some 15 s into a session (more-protocols 1.3). */
const SIDE_FRAME = Uint8Array.of(0x1f, 0x04, 0x08, 0x03, 0x05, 0x00);
const SIDE_AFTER = 15_000;

/** Sends lines in sequence, in as few notifications as possible. */
export const notifyLines = (pad: TextPad, ...texts: readonly string[]): TextPad => {
  const { machine, state } = pad;
  const { notify: characteristic, sideChannel } = machine.model.text;
  if (!state.subscribed || texts.length === 0) return pad;
  const stream = Uint8Array.from(Buffer.from(texts.map((text) => encoded(pad, text)).join(""), "latin1"));
  const parts: Uint8Array[] = [];
  for (let at = 0; at < stream.length; at += PART) parts.push(stream.slice(at, at + PART));
  const side =
    sideChannel && state.sideDue && parts.length > 1 && machine.at - state.connectedAt >= SIDE_AFTER;
  const [first, ...others] = parts.map((bytes) => ({ characteristic, bytes }));
  const between = side ? [{ characteristic, bytes: SIDE_FRAME }] : [];
  return put(pad, {
    outbox: [...state.outbox, ...(first ? [first, ...between, ...others] : [])],
    sideDue: state.sideDue && !side,
  });
};

/** Sends bytes that are not a line. */
export const notifyBytes = (pad: TextPad, bytes: Uint8Array): TextPad =>
  pad.state.subscribed
    ? put(pad, { outbox: [...pad.state.outbox, { characteristic: pad.machine.model.text.notify, bytes }] })
    : pad;

/** kcal ×1000 per metre on the flat (more-protocols 1.5). */
const CALORIES = 62.5;

const running = ({ machine: { belt } }: TextPad): boolean => belt.phase === "running";

/** The value of a property, as it is sent. A stop shows at once, a start when the belt begins to move. */
export const valueOfKey = (pad: TextPad, key: Key): string | null => {
  const { machine, state } = pad;
  const { belt, unit, model, startSpeed } = machine;
  const { counters } = belt;
  switch (key) {
    case "ControlMode":
      return String(state.controlMode);
    case "runState":
      return running(pad) ? "1" : "0";
    case "CurrentSpeed":
      return (belt.speed / unit).toFixed(1);
    case "RunningTotalTime":
      return String(Math.floor(counters.elapsed / 1000));
    case "RunningDistance":
      return String(Math.floor(counters.distance / 10) * 10);
    case "BurnCalories":
      return String(Math.floor(counters.distance) * CALORIES);
    case "RunningSteps":
      return String(counters.shown);
    case "spm":
      return machine.walker && belt.speed > 0 ? String(Math.round(60 + 15 * belt.speed)) : "0";
    case "Max":
      return model.belt.max.toFixed(1);
    case "StartSpeed":
      return startSpeed.toFixed(1);
    case "ChildLockSwitch":
      return state.options.childLock ? "1" : "0";
    case "unit":
      return unit === 1 ? "0" : "1";
    case "mcu_version":
      return '"0005"';
    case "VelocitySensitivity":
    case "PanelDisplay":
    case "initial":
    case "goal":
    case "user_id":
      return "0";
    default:
      return null;
  }
};
