import type { DayPayload } from "../../api/page.js";
import type { Metric, Range } from "./state.js";

const RANGE_DAYS: Readonly<Record<Range, number>> = { week: 7, month: 30, year: 365 };

const two = (value: number): string => String(value).padStart(2, "0");

/** The local day of a moment: 2026-11-22. */
export const localDay = (epochMs: number): string => {
  const date = new Date(epochMs);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
};

/** Noon, so that no daylight-saving change makes it another day. */
const noon = (day: string): Date => new Date(`${day}T12:00:00`);

const daysBefore = (day: string, count: number): string => {
  const date = noon(day);
  date.setDate(date.getDate() - count);
  return localDay(date.valueOf());
};

export const firstDay = (range: Range, now: number): string =>
  daysBefore(localDay(now), RANGE_DAYS[range] - 1);

export interface Bar {
  readonly day: string;
  readonly value: number;
}

/** Every day of the range up to today, all pads together; a day without a session is 0. */
export const barsOf = (
  days: readonly DayPayload[],
  range: Range,
  metric: Metric,
  now: number,
): readonly Bar[] => {
  const sums = new Map<string, number>();
  for (const one of days) sums.set(one.day, (sums.get(one.day) ?? 0) + one[metric]);
  const today = localDay(now);
  return Array.from({ length: RANGE_DAYS[range] }, (_, index) => {
    const day = daysBefore(today, RANGE_DAYS[range] - 1 - index);
    return { day, value: sums.get(day) ?? 0 };
  });
};

export const dateOf = noon;
