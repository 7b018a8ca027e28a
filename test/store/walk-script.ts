export const START = Date.UTC(2026, 10, 22, 10);
/** Ten minutes of walking, ten of rest, over and over. */
const LEG = 600;

/** Seconds, and metres, that the belt has moved by then. */
export const movedBy = (second: number): number =>
  Math.floor(second / (2 * LEG)) * LEG + Math.min(second % (2 * LEG), LEG);
