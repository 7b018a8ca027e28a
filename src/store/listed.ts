import { addTotals, NO_TOTALS } from "../domain/totals.js";
import type { PadChange, SessionChange } from "./pending.js";
import type { SessionFilter, StoredSession } from "./read.js";

const keyOf = ({ pad, id }: StoredSession): string => `${pad} ${id}`;

/** A session as the file has it, with what waits to be written. */
const upToDate = (pad: string, held: SessionChange, written: StoredSession | undefined): StoredSession => {
  const { distance, duration, steps, calories } = [...held.portions.values()].reduce(addTotals, {
    ...(written ?? NO_TOTALS),
    sessions: 0,
  });
  return { ...held.session, pad, distance, duration, steps, calories };
};

/** The sessions of the file and those that wait for it, by their start. */
export const listed = (
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
