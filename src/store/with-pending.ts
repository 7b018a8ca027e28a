import { addTotals, NO_TOTALS } from "../domain/totals.js";
import type { PadChange, SessionChange } from "./changes.js";
import type { DayFilter, SessionFilter, StoredDay, StoredSession, TimedSample } from "./read.js";

const keyOf = ({ pad, id }: StoredSession): string => `${pad} ${id}`;

/** A session of the file, with pending changes. */
const upToDate = (pad: string, held: SessionChange, written: StoredSession | undefined): StoredSession => {
  // Not in the file, or there with a time that the filter excludes: the session knows all its amounts.
  if (!written) return { ...held.session, pad };
  const { distance, duration, steps, calories } = [...held.portions.values()].reduce(addTotals, {
    ...written,
    sessions: 0,
  });
  return { ...held.session, pad, distance, duration, steps, calories };
};

/** The sessions of the file and the pending ones, by their start. */
export const mergeSessions = (
  written: readonly StoredSession[],
  pending: ReadonlyMap<string, PadChange>,
  { pad, since, limit }: SessionFilter,
): readonly StoredSession[] => {
  const all = new Map(written.map((session) => [keyOf(session), session]));
  for (const [id, { sessions }] of pending) {
    if (pad !== null && pad !== id) continue;
    for (const held of sessions.values()) {
      if (!held.counts || (since !== null && held.session.startedAt < since)) continue;
      const key = keyOf({ ...held.session, pad: id });
      all.set(key, upToDate(id, held, all.get(key)));
    }
  }
  const sorted = [...all.values()].sort((a, b) => a.startedAt - b.startedAt);
  return limit === null ? sorted : sorted.slice(-limit);
};

/** The days of the file, with pending changes. */
export const mergeDays = (
  written: readonly StoredDay[],
  pending: ReadonlyMap<string, PadChange>,
  filter: DayFilter,
): readonly StoredDay[] => {
  const all = new Map(written.map((day) => [`${day.day} ${day.pad}`, day]));
  for (const [pad, { sessions }] of pending)
    for (const { counts, portions } of sessions.values())
      for (const [day, totals] of portions) {
        const isAsked = (filter.pad ?? pad) === pad && (filter.since ?? day) <= day;
        if (!counts || !isAsked) continue;
        const key = `${day} ${pad}`;
        all.set(key, { pad, day, ...addTotals(all.get(key) ?? NO_TOTALS, totals) });
      }
  return [...all.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, day]) => day);
};

/** The samples of the file and the pending ones. */
export const mergeSamples = (
  written: readonly TimedSample[],
  pending: ReadonlyMap<string, PadChange>,
  { pad, id, startedAt }: StoredSession,
): readonly TimedSample[] => {
  const all = new Map(written.map((sample) => [sample.at, sample]));
  for (const [second, sample] of pending.get(pad)?.sessions.get(id)?.samples ?? []) {
    const at = startedAt + second * 1000;
    all.set(at, { ...sample, at });
  }
  return [...all.values()].sort((a, b) => a.at - b.at);
};
