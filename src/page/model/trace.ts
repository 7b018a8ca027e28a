import type { SamplePayload, StatePayload } from "../../api/page.js";
import { courseOf } from "./course.js";
import type { Trace } from "./state.js";

/** Seconds that the live chart shows. */
export const TRACE_SECONDS = 600;
/** Seconds without a point after which the line is broken. */
const GAP_SECONDS = 10;

export const NO_TRACE: Trace = { at: [], speed: [], target: [] };

const trimmed = (trace: Trace, now: number): Trace => {
  const first = trace.at.findIndex((at) => at >= now - TRACE_SECONDS);
  if (first <= 0) return trace;
  return { at: trace.at.slice(first), speed: trace.speed.slice(first), target: trace.target.slice(first) };
};

/** Adds a point. Values are sent on change only, so that each ping adds the value that still holds. */
export const traced = (trace: Trace, now: number, state: StatePayload | null): Trace => {
  const last = trace.at.at(-1);
  // After the clock was set back the line is not drawn backwards.
  if (last !== undefined && now <= last) return last - now > TRACE_SECONDS ? NO_TRACE : trace;
  const gap = last !== undefined && now - last > GAP_SECONDS;
  const at = gap ? [last + 1, now] : [now];
  const speed = state?.speed ?? null;
  const target = state?.target_speed ?? null;
  return trimmed(
    {
      at: [...trace.at, ...at],
      speed: [...trace.speed, ...(gap ? [null, speed] : [speed])],
      target: [...trace.target, ...(gap ? [null, target] : [target])],
    },
    now,
  );
};

/** The stored samples of the session before the first live point, for a page that was just opened. */
export const withSamples = (trace: Trace, samples: readonly SamplePayload[]): Trace => {
  const first = trace.at[0] ?? Infinity;
  const { at: times, points: course } = courseOf(samples);
  const points = times
    .map((at, index) => ({ at, speed: course[index]?.speed ?? null }))
    .filter(({ at }) => at < first);
  const now = trace.at.at(-1) ?? points.at(-1)?.at ?? 0;
  return trimmed(
    {
      at: [...points.map(({ at }) => at), ...trace.at],
      speed: [...points.map(({ speed }) => speed), ...trace.speed],
      target: [...points.map(() => null), ...trace.target],
    },
    now,
  );
};
