import { usualSafety, type Day } from "./day.js";
import { runDay } from "./world.js";

/** What a violation is an instance of: its words without its numbers. */
export const kindOfViolation = (text: string): string =>
  text
    .replace(/^(one|two): /, "")
    .replace(/\bm\d+\b/g, "m")
    .replace(/\d+(\.\d+)?/g, "N");

/** Days that are smaller in one way, the boldest first. */
const smaller = function* (day: Day): Generator<Day> {
  for (let chunk = day.deeds.length >> 1; chunk >= 1; chunk >>= 1)
    for (let from = 0; from < day.deeds.length; from += chunk)
      yield { ...day, deeds: day.deeds.filter((_, i) => i < from || i >= from + chunk) };
  const last = day.deeds.at(-1)?.at ?? 0;
  if (day.lasts > last + 1) yield { ...day, lasts: last };
  if (day.pads.length > 1)
    yield {
      ...day,
      pads: day.pads.slice(0, 1),
      deeds: day.deeds.filter((deed) => !("pad" in deed) || deed.pad === 0),
    };
  if (day.heals) yield { ...day, heals: false };
  for (const key of Object.keys(usualSafety) as (keyof typeof usualSafety)[])
    if (JSON.stringify(day.safety[key]) !== JSON.stringify(usualSafety[key]))
      yield { ...day, safety: { ...day.safety, [key]: usualSafety[key] } };
  for (const [at, pad] of day.pads.entries()) {
    const put = (change: Partial<typeof pad>): Day => ({
      ...day,
      pads: day.pads.map((one, i) => (i === at ? { ...one, ...change } : one)),
    });
    if (pad.maxSpeed !== null) yield put({ maxSpeed: null });
    if (pad.startSpeed !== null) yield put({ startSpeed: null });
    for (const key of Object.keys(pad.air)) yield put({ air: without(pad.air, key) });
    for (const key of Object.keys(pad.options).filter((one) => one !== "mode"))
      yield put({ options: without(pad.options, key) });
  }
};

const without = <T extends object>(all: T, key: string): T =>
  Object.fromEntries(Object.entries(all).filter(([name]) => name !== key)) as T;

/** A smaller day that goes wrong in the same way. */
export const shrink = async (day: Day, kind: string, tries = 250): Promise<Day> => {
  let left = tries;
  const fails = async (candidate: Day): Promise<boolean> => {
    left -= 1;
    const { violations } = await runDay(candidate);
    return violations.some((text) => kindOfViolation(text) === kind);
  };
  let best = day;
  for (let found = true; found && left > 0;) {
    found = false;
    for (const candidate of smaller(best)) {
      if (left <= 0) break;
      if (!(await fails(candidate))) continue;
      best = candidate;
      found = true;
      break;
    }
  }
  return best;
};
