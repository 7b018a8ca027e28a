import type { Command } from "../../src/domain/command.js";

/** When the stop comes: nothing is on its way to the pad; goals wait for the pad's gap; a poll is just being written. */
export const CASES = ["idle", "full queue", "write in flight"] as const;
export type Case = (typeof CASES)[number];

export const RUNS = 200;
/** Run side by side, since it takes some 2 s until a stop is proved and the next may come. */
export const PADS = 10;

/** The load in front of the stop: one goal of every kind, and a button that stays pressed. */
export const FULL_QUEUE: readonly Command[] = [
  { key: "mode", value: "manual" },
  { key: "belt", value: "ON" },
  ...[2, 2.5, 3, 3.5].map((value): Command => ({ key: "speed", value })),
];

const addressOf = (pad: number): string => `57:4c:4e:00:00:${pad.toString(16).padStart(2, "0")}`;

/** The configuration of so many simulated pads, `p0` at …:00 and on. */
export const configOf = (pads: number) => {
  const numbers = Array.from({ length: pads }, (_, n) => n);
  return {
    "bluetooth.radio": "simulator",
    pads: numbers.map((n) => ({ id: `p${n}`, address: addressOf(n) })),
    "simulator.pads": numbers.map((n) => ({ address: addressOf(n), model: "c2" })),
  };
};

export const numberOf = (address: string): number => Number.parseInt(address.slice(-2), 16);

export interface Summary {
  readonly median: number;
  readonly p95: number;
  readonly p99: number;
  readonly runs: number;
}

export const summary = (values: readonly number[]): Summary => {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
  return { median: at(0.5), p95: at(0.95), p99: at(0.99), runs: sorted.length };
};
