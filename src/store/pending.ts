import type { SessionEntry, Records, SavedWalk } from "../domain/session-store.js";
import { isOpen } from "../domain/open-session.js";
import type { Timestamp, Walk, WalkEvent } from "../domain/session.js";
import type { Session, Totals } from "../domain/stats.js";
import { addTotals, type LocalDay, NO_TOTALS } from "../domain/totals.js";
import type { Identity } from "../domain/identity.js";
import { noChange, type PadChange, type SessionChange } from "./changes.js";
import { rollupsForNewFile } from "./rollups.js";

/** Counts a session's seconds, unaffected by changes of the wall clock. */
interface Stopwatch {
  readonly session: string;
  readonly second: number;
  readonly now: number;
}

/** While the store cannot be written, samples are dropped first: beyond two hours of a session, and of older sessions. */
const MOST_SAMPLES = 7_200;
const SESSIONS_WITH_SAMPLES = 3;
/** Then the oldest sessions. */
const MOST_SESSIONS = 1_000;

const startStopwatch = (session: Session, { at, now }: Timestamp, notBefore: number): Stopwatch => ({
  session: session.id,
  second: Math.max(notBefore, Math.floor((at - session.startedAt) / 1000)),
  now,
});

/** Adds one step of the session to the change. `watch` is the stopwatch of the session, if any. */
const addEntry = (
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
  dropOldest(change.sessions, MOST_SESSIONS);
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
  if (samples) dropOldest(samples, MOST_SAMPLES);
};

const dropOldest = <K>(map: Map<K, unknown>, most: number): void => {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
};

/** The rest of a change after everything that counts was taken for writing. */
const afterTaking = ({ sessions }: PadChange): PadChange => ({
  ...noChange(),
  sessions: new Map([...sessions].filter(([, { counts, session }]) => !counts && session.state !== "ended")),
});

const mergeHeld = (older: SessionChange, newer: SessionChange | undefined): SessionChange => {
  if (!newer) return older;
  const portions = new Map(older.portions);
  for (const [day, gained] of newer.portions)
    portions.set(day, addTotals(portions.get(day) ?? NO_TOTALS, gained));
  const samples = new Map([...older.samples, ...newer.samples]);
  dropOldest(samples, MOST_SAMPLES);
  return { session: newer.session, counts: true, portions, samples };
};

/** Both changes as one. Sessions that do not count yet were not taken: they are in `newer`, if they still exist. */
const merge = (older: PadChange, newer: PadChange): PadChange => {
  const taken = [...older.sessions].filter(([, { counts }]) => counts);
  const sessions = new Map(taken.map(([id, held]) => [id, mergeHeld(held, newer.sessions.get(id))]));
  for (const [id, held] of newer.sessions) if (!sessions.has(id)) sessions.set(id, held);
  dropOldest(sessions, MOST_SESSIONS);
  return {
    identity: newer.identity ?? older.identity,
    lastStatusAt: newer.lastStatusAt === undefined ? older.lastStatusAt : newer.lastStatusAt,
    walk: newer.walk ?? older.walk,
    rollups: new Map([...older.rollups, ...newer.rollups]),
    sessions,
  };
};

/** The unwritten changes, by pad; they accumulate while there is no file. */
export class PendingChanges {
  readonly #localDay: LocalDay;
  readonly #watches = new Map<string, Stopwatch>();
  #pads = new Map<string, PadChange>();

  constructor(localDay: LocalDay) {
    this.#localDay = localDay;
  }

  get pads(): ReadonlyMap<string, PadChange> {
    return this.#pads;
  }

  identity(padId: string, identity: Identity): void {
    this.#of(padId).identity = identity;
  }

  crashMark(padId: string, lastStatusAt: number | null): void {
    this.#of(padId).lastStatusAt = lastStatusAt;
  }

  note(padId: string, entry: SessionEntry): void {
    const { session } = entry.walk;
    if (session && this.#watches.get(padId)?.session !== session.id)
      this.#watches.set(padId, startStopwatch(session, entry, 0));
    addEntry(this.#of(padId), entry, this.#watches.get(padId) ?? null, this.#localDay);
  }

  /** Continues the session of the last run; its seconds follow the last written one. */
  resume(padId: string, session: Session, moment: Timestamp, last: number): void {
    this.#watches.set(padId, startStopwatch(session, moment, last + 1));
  }

  /** A new file has replaced a damaged one: the pad's totals and its session are pending again. */
  rewriteWalk(padId: string, { tally }: Records, walk: SavedWalk | undefined): void {
    const change = this.#of(padId);
    change.rollups = rollupsForNewFile(tally, change);
    change.walk = walk;
  }

  /** Returns the changes to write. */
  take(): ReadonlyMap<string, PadChange> {
    const taken = this.#pads;
    this.#pads = new Map([...taken].map(([padId, change]) => [padId, afterTaking(change)]));
    return taken;
  }

  /** The changes could not be written: they are pending again, with the newer ones. */
  putBack(taken: ReadonlyMap<string, PadChange>): void {
    for (const [padId, change] of taken) this.#pads.set(padId, merge(change, this.#of(padId)));
  }

  #of(padId: string): PadChange {
    const change = this.#pads.get(padId) ?? noChange();
    this.#pads.set(padId, change);
    return change;
  }
}
