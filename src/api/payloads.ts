import type { Command, CommandKey, Outcome } from "../domain/command.js";
import type { EventType, PadState } from "../domain/state.js";
import {
  averageSpeed,
  type GoalKey,
  type GoalProgress,
  type Session,
  type Stats,
  type Totals,
} from "../domain/stats.js";
import { km, kmh, type Metres, type Speed } from "../domain/units.js";

// Domain values as the JSON objects of docs/topics.md. Every key is always present, null when unknown: Home Assistant
// logs a warning for each key that a template misses.

/** At most `digits` decimals, without floating point errors, never -0. */
const rounded = (value: number, digits: number): number => {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale + 0;
};
const known = <T, U>(value: T | null, show: (value: T) => U): U | null =>
  value === null ? null : show(value);
const speed = (value: Speed): number => rounded(kmh(value), 2);
const distance = (value: Metres): number => rounded(km(value), 3);
const integer = (value: number): number => rounded(value, 0);
const onOff = (value: boolean): "ON" | "OFF" => (value ? "ON" : "OFF");

/** The largest time value ECMAScript can show; toISOString throws beyond. */
const LAST_TIME = 8.64e15;
const time = (epochMs: number): string | null =>
  Math.abs(epochMs) <= LAST_TIME ? new Date(epochMs).toISOString() : null;

/** `B/P/state`. */
export const statePayload = (state: PadState) => ({
  belt: state.belt,
  running: known(state.running, onOff),
  moving: known(state.moving, onOff),
  mode: state.mode,
  speed: known(state.speed, speed),
  target_speed: known(state.targetSpeed, speed),
  incline: known(state.incline, (percent) => rounded(percent, 1)),
  heart_rate: known(state.heartRate, integer),
  link: state.link,
  stop_confirmed: state.stopConfirmed,
  problem: state.problem,
  protocol: state.protocol,
  model: state.model,
  rssi: known(state.rssi, integer),
  last_status_at: known(state.lastStatusAt, time),
});

const sessionNumbers = (session: Session) => ({
  started_at: time(session.startedAt),
  ended_at: known(session.endedAt, time),
  distance: distance(session.distance),
  duration: integer(session.duration),
  steps: integer(session.steps),
  calories: integer(session.calories),
  calories_source: session.caloriesSource,
  average_speed: known(averageSpeed(session), (hundredths) => rounded(hundredths / 100, 2)),
  max_speed: speed(session.maxSpeed),
});

type SessionPayload = { id: string | null; state: Session["state"] | null } & {
  [Key in keyof ReturnType<typeof sessionNumbers>]: ReturnType<typeof sessionNumbers>[Key] | null;
};

/** Before the first session: all keys are present, so that `value_json.session.distance` always exists. */
const NO_SESSION: SessionPayload = {
  id: null,
  state: null,
  started_at: null,
  ended_at: null,
  distance: null,
  duration: null,
  steps: null,
  calories: null,
  calories_source: null,
  average_speed: null,
  max_speed: null,
};

const sessionPayload = (session: Session): SessionPayload => ({
  id: session.id,
  state: session.state,
  ...sessionNumbers(session),
});

const totalsPayload = (totals: Totals) => ({
  distance: distance(totals.distance),
  duration: integer(totals.duration),
  steps: integer(totals.steps),
  calories: integer(totals.calories),
  sessions: integer(totals.sessions),
});

/** Targets in the units of the payload: km for a distance, else seconds, steps or kcal. */
const goalPayload = (key: GoalKey, goal: GoalProgress | undefined) =>
  goal === undefined
    ? null
    : {
        target: key === "distance" ? rounded(goal.target / 1000, 3) : integer(goal.target),
        progress: rounded(goal.progress, 3),
        eta: known(goal.eta, integer),
      };

/** `B/P/stats`. A goal that is not configured is null. */
export const statsPayload = ({ session, today, total, goals }: Stats) => ({
  session: session === null ? NO_SESSION : sessionPayload(session),
  today: totalsPayload(today),
  total: totalsPayload(total),
  goals: {
    distance: goalPayload("distance", goals.distance),
    steps: goalPayload("steps", goals.steps),
    duration: goalPayload("duration", goals.duration),
    calories: goalPayload("calories", goals.calories),
  },
});

/** `B/P/availability`. */
export const availabilityPayload = (online: boolean) => ({
  state: online ? ("online" as const) : ("offline" as const),
});

/** `B/bridge/state`; the last will is this without `about`. `since` is epoch milliseconds. */
export const bridgeStatePayload = (
  state: "online" | "stopping" | "offline",
  about?: { readonly reason: string | null; readonly since: number },
) => (about === undefined ? { state } : { state, reason: about.reason, since: time(about.since) });

/** The result of one key of a message; `value` as it was requested, null where it could not be read. */
export interface Result {
  readonly id: string | number | null;
  readonly command: CommandKey | null;
  readonly value: Command["value"] | null;
  readonly outcome: Outcome;
  /** Milliseconds. */
  readonly tookMs: number;
}

/** `B/P/result`. */
export const resultPayload = ({ id, command, value, outcome, tookMs }: Result) => ({
  id,
  command,
  value,
  status: outcome.status,
  code: outcome.status === "ok" ? null : outcome.code,
  message: outcome.status === "ok" ? null : outcome.message,
  took_ms: integer(tookMs),
});

/** An event of a pad at an epoch millisecond, with the session that it concerns. */
export interface PadEvent {
  readonly type: EventType;
  readonly at: number;
  readonly session: Session | null;
}

/** `B/P/event`. The numbers are flat, since Home Assistant makes each key an attribute of the event. */
export const eventPayload = ({ type, at, session }: PadEvent) => ({
  event_type: type,
  at: time(at),
  ...(session && { session: session.id, ...sessionNumbers(session) }),
});

/** The largest payload that is read: every valid message is far smaller. */
const LARGEST_PAYLOAD = 64 * 1024;

/** The text of a payload; null where it is not UTF-8 or too large. */
export const decode = (bytes: Uint8Array): string | null => {
  if (bytes.length > LARGEST_PAYLOAD) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
};

/** Microcontrollers send C strings with their terminating NUL (docs/topics.md). */
export const withoutNul = (bytes: Uint8Array): Uint8Array =>
  bytes.at(-1) === 0 ? bytes.subarray(0, -1) : bytes;

/** How a JSON text begins, and the characters that one can end with (RFC 8259, 2). */
const JSON_BEGINS = /^[\t\n\r ]*[-[{"0-9tfn]/;
const JSON_ENDS = /[\]}"0-9el\t\n\r ]$/;

/**
 * undefined where the text is not JSON. The SyntaxError of JSON.parse takes 5 µs; most invalid texts are recognized at
 * their ends.
 */
export const parseJson = (text: string): unknown => {
  if (!JSON_BEGINS.test(text) || !JSON_ENDS.test(text.slice(-1))) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
};

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A requester's tag for its request; objects are not returned, they could be nested without end. */
export type Transaction = string | number | boolean;

export interface ResponsePayload {
  readonly status: "ok" | "error";
  readonly error?: string;
  readonly data?: unknown;
  readonly transaction?: Transaction;
}

/** `B/bridge/response/<verb>`; keys with a `?` in docs/topics.md are left out when they are empty. */
export const responsePayload = (
  answer: { readonly data?: unknown } | { readonly error: string },
  transaction?: Transaction,
): ResponsePayload => ({
  status: "error" in answer ? "error" : "ok",
  ...("error" in answer ? { error: answer.error } : answer.data === undefined ? {} : { data: answer.data }),
  ...(transaction === undefined ? {} : { transaction }),
});

/** A payload of `bridge/request/<verb>`: anything but an object counts as `{}` (docs/topics.md). */
export const parseRequest = (
  bytes: Uint8Array,
): { readonly fields: Readonly<Record<string, unknown>>; readonly transaction?: Transaction } => {
  const value = parseJson(decode(withoutNul(bytes)) ?? "");
  const fields = isObject(value) ? value : {};
  const { transaction } = fields;
  const tag = typeof transaction;
  return tag === "string" || tag === "number" || tag === "boolean"
    ? { fields, transaction: transaction as Transaction }
    : { fields };
};
