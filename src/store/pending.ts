import type { SessionEntry, SavedWalk } from "../domain/session-store.js";
import type { Capabilities, PadPreferences, ProtocolName } from "../domain/pad.js";
import { isOpen } from "../domain/open-session.js";
import type { Moment, Walk, WalkEvent } from "../domain/session.js";
import type { Session, Totals } from "../domain/stats.js";
import { addTotals, type LocalDay } from "../domain/totals.js";

/** What is remembered of a pad; the shape of `pad/identity`'s Identity. */
export interface PadMemory {
  readonly bound: { readonly name: string; readonly address: string } | null;
  readonly protocol: ProtocolName | null;
  readonly model: string | null;
  readonly capabilities: Capabilities | null;
  readonly reported?: PadPreferences;
}

export const NO_MEMORY: PadMemory = { bound: null, protocol: null, model: null, capabilities: null };

/** One status of a walk, second-wise; numbers are the session's so far. */
export interface Sample {
  /** Hundredths of a km/h, metres, kcal, beats per minute, percent. */
  readonly speed: number;
  readonly distance: number;
  readonly steps: number;
  readonly calories: number;
  readonly heartRate: number | null;
  readonly incline: number | null;
}

export interface SessionChange {
  session: Session;
  /** It is long enough to be kept; until then it is only held. */
  counts: boolean;
  /** What it gained, by local day. */
  readonly portions: Map<string, Totals>;
  /** By seconds since its start. */
  readonly samples: Map<number, Sample>;
}

/** What is to be written of one pad; undefined is unchanged. */
export interface PadChange {
  identity: PadMemory | undefined;
  lastStatusAt: number | null | undefined;
  walk: SavedWalk | undefined;
  /** What is known of a day without its sessions. */
  rollups: ReadonlyMap<string, Totals>;
  readonly sessions: Map<string, SessionChange>;
}

/** Counts a session's seconds, without a step back or a jump when the wall clock is set. */
export interface Stopwatch {
  readonly session: string;
  readonly second: number;
  readonly now: number;
}

/** A store that cannot be written costs samples first: beyond two hours of a session, and of all but the last ones. */
const MOST_SAMPLES = 7_200;
const SESSIONS_WITH_SAMPLES = 3;
/** Then the oldest sessions. */
const MOST_SESSIONS = 1_000;

export const noChange = (): PadChange => ({
  identity: undefined,
  lastStatusAt: undefined,
  walk: undefined,
  rollups: new Map(),
  sessions: new Map(),
});

export const startStopwatch = (session: Session, { at, now }: Moment, notBefore: number): Stopwatch => ({
  session: session.id,
  second: Math.max(notBefore, Math.floor((at - session.startedAt) / 1000)),
  now,
});

/** Takes one step of the walk into the change. `watch` is that of the session, if it has one. */
export const collect = (
  change: PadChange,
  entry: SessionEntry,
  watch: Stopwatch | null,
  localDay: LocalDay,
): void => {
  const { walk, events } = entry;
  for (const event of events) if (event.type !== "delta") put(change, event.session, walk);
  if (isOpen(walk.session)) put(change, walk.session, walk);
  for (const event of events) take(change, event, localDay);
  change.walk = entry;
  if (watch) addSample(change, entry, watch);
  limit(change.sessions, MOST_SESSIONS);
  for (const held of [...change.sessions.values()].slice(0, -SESSIONS_WITH_SAMPLES)) held.samples.clear();
};

const put = ({ sessions }: PadChange, session: Session, walk: Walk): void => {
  const counts = walk.counts && walk.session?.id === session.id;
  const held = sessions.get(session.id);
  if (!held) sessions.set(session.id, { session, counts, portions: new Map(), samples: new Map() });
  else {
    held.session = session;
    held.counts ||= counts;
  }
};

const take = ({ sessions }: PadChange, event: WalkEvent, localDay: LocalDay): void => {
  if (event.type === "delta") {
    const held = sessions.get(event.session);
    if (held) addPortion(held, localDay(event.delta.at), event.delta);
  } else if (event.type === "session_ended") {
    const held = sessions.get(event.session.id);
    if (held && event.kept) held.counts = true;
    else sessions.delete(event.session.id);
  }
};

const addPortion = (held: SessionChange, day: string, gained: Totals): void => {
  held.counts = true;
  const before = held.portions.get(day);
  held.portions.set(day, before ? addTotals(before, gained) : gained);
};

const addSample = (
  { sessions }: PadChange,
  { walk, status, events, now }: SessionEntry,
  watch: Stopwatch,
): void => {
  const { session, meter } = walk;
  const moves = session?.state === "active" || events.some(({ type }) => type === "session_paused");
  if (!session || !status || !moves || watch.session !== session.id) return;
  const samples = sessions.get(session.id)?.samples;
  samples?.set(watch.second + Math.max(0, Math.floor((now - watch.now) / 1000)), {
    speed: meter.speed,
    distance: session.distance,
    steps: session.steps,
    calories: session.calories,
    heartRate: status.heartRate ?? null,
    incline: status.incline ?? null,
  });
  if (samples) limit(samples, MOST_SAMPLES);
};

/** The oldest go first. */
const limit = <K>(map: Map<K, unknown>, most: number): void => {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
};

/** What is left after everything that counts was written. */
export const afterWriting = ({ sessions }: PadChange): PadChange => ({
  ...noChange(),
  sessions: new Map([...sessions].filter(([, { counts, session }]) => !counts && session.state !== "ended")),
});
