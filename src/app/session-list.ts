import type { Session } from "../domain/stats.js";
import { NO_TOTALS } from "../domain/totals.js";
import { KM_PER_MILE } from "../domain/units.js";
import { statsPayload } from "../api/payloads.js";
import type { SessionFilter, StoredSession } from "../store/read.js";

/** In one reply to `bridge/request/sessions`; `walkingpad2mqtt sessions` has no limit. */
const MOST_IN_A_MESSAGE = 1_000;

type SessionPayload = ReturnType<typeof statsPayload>["session"];
/** One session in `sessions --format json` and `bridge/request/sessions`: as in `stats`, with its pad. */
export type SessionObject = { readonly pad: string } & SessionPayload;

const payloadOf = (session: Session): SessionPayload =>
  statsPayload({ session, today: NO_TOTALS, total: NO_TOTALS, goals: {} }).session;

export const sessionObject = (stored: StoredSession): SessionObject => ({
  pad: stored.pad,
  ...payloadOf(stored),
});

const miles = (value: number | null, digits: number): number | null =>
  value === null ? null : Number((value / KM_PER_MILE).toFixed(digits));

/** The same in miles and mph; `units` marks it, since the names of the keys do not. */
export const imperialObject = (stored: StoredSession): SessionObject & { readonly units: "imperial" } => {
  const metric = sessionObject(stored);
  return {
    ...metric,
    units: "imperial",
    distance: miles(metric.distance, 3),
    average_speed: miles(metric.average_speed, 2),
    max_speed: miles(metric.max_speed, 2),
  };
};

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?$/;

/** ISO 8601 to epoch milliseconds: a date is its local midnight, a time without offset is local; null for all else. */
export const parseSince = (text: string): number | null => {
  if (!DATE.test(text) && !TIME.test(text)) return null;
  // Date.parse turns 31 February into a day in March.
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  if (Number.isNaN(day.valueOf()) || day.toISOString().slice(0, 10) !== text.slice(0, 10)) return null;
  // Date.parse reads a date alone as midnight UTC.
  const since = Date.parse(DATE.test(text) ? `${text}T00:00` : text);
  return Number.isNaN(since) ? null : since;
};

/** As `parseSince`, but a date is the last millisecond of its local day. */
export const parseUntil = (text: string): number | null => {
  const from = parseSince(text);
  if (from === null || !DATE.test(text)) return from;
  const next = new Date(from);
  return next.setDate(next.getDate() + 1) - 1;
};

/** `{pad?, since?, limit?}` of a request. Throws an Error for the user. */
export const requestedSessions = ({
  pad = null,
  since = null,
  limit: most = null,
}: Readonly<Record<string, unknown>>): SessionFilter => {
  const limit = most ?? MOST_IN_A_MESSAGE;
  if (pad !== null && typeof pad !== "string") throw new Error("pad must be the id of a pad");
  const from = typeof since === "string" ? parseSince(since) : null;
  if (since !== null && from === null)
    throw new Error("since must be a date, 2026-11-22, or a time, 2026-11-22T10:00:00Z");
  if (typeof limit !== "number" || !Number.isInteger(limit) || limit < 1 || limit > MOST_IN_A_MESSAGE)
    throw new Error(`limit must be a whole number from 1 to ${MOST_IN_A_MESSAGE}`);
  return { pad, since: from, limit };
};

/** The file name of a session: pad and start, so that names sort by time. */
export const fitName = ({ pad, startedAt }: Pick<StoredSession, "pad" | "startedAt">): string =>
  `${pad}-${new Date(startedAt).toISOString().slice(0, 19).replaceAll(":", "-")}.fit`;
