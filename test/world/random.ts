import { roll } from "../../src/sim/random.js";

/** The dice of one day: the same seed, the same day. */
export class Dice {
  #seed: number;

  constructor(seed: number) {
    this.#seed = seed | 0;
    // Seeds that are neighbours begin alike.
    for (let i = 0; i < 3; i += 1) this.share();
  }

  /** 0 to 1. */
  share(): number {
    const [value, next] = roll(this.#seed);
    this.#seed = next;
    return value;
  }

  chance(share: number): boolean {
    return this.share() < share;
  }

  between(from: number, to: number): number {
    return from + this.share() * (to - from);
  }

  whole(from: number, to: number): number {
    return Math.floor(this.between(from, to + 1));
  }

  pick<T>(all: readonly T[]): T {
    return all[Math.floor(this.share() * all.length)]!;
  }

  /** By weight. */
  weighed<T>(all: readonly (readonly [weight: number, value: T])[]): T {
    let left = this.share() * all.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of all) {
      left -= weight;
      if (left < 0) return value;
    }
    return all.at(-1)![1];
  }
}
