import type { SamplePayload } from "../../api/page.js";

/** A pause is a gap of more than this after a sample at speed 0 (src/api/page.ts); any other such gap is a lost link. */
const GAP_SECONDS = 5;

export interface Course {
  /** Epoch seconds; `points` has null where the line is broken. */
  readonly at: readonly number[];
  readonly points: readonly (SamplePayload | null)[];
  /** From, to. */
  readonly pauses: readonly (readonly [number, number])[];
}

/** A session's samples as a line with its pauses. Thinned samples are further apart, but never at speed 0. */
export const courseOf = (samples: readonly SamplePayload[]): Course => {
  const at: number[] = [];
  const points: (SamplePayload | null)[] = [];
  const pauses: (readonly [number, number])[] = [];
  let last: { readonly at: number; readonly speed: number } | null = null;
  for (const sample of samples) {
    const now = Date.parse(sample.at) / 1000;
    if (last !== null && last.speed === 0 && now - last.at > GAP_SECONDS) {
      pauses.push([last.at, now]);
      at.push((last.at + now) / 2);
      points.push(null);
    }
    at.push(now);
    points.push(sample);
    last = { at: now, speed: sample.speed };
  }
  return { at, points, pauses };
};
