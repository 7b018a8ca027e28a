import type { Clock } from "../clock.js";
import type { SafetySettings } from "../domain/pad.js";
import type { StopCause } from "./control/goals.js";
import { isMoving, type Telemetry } from "./control/telemetry.js";
import type { WalkBook } from "./session/session-tracker.js";

/** Contract rule 9. */
const CRASH_COUNTS_MS = 10 * 60_000;

/** Knows when a belt has to be stopped though nobody asked for it. */
export class Guard {
  readonly #safety: SafetySettings;
  readonly #clock: Clock;
  readonly #book: WalkBook;
  #crashedAt: number | null;

  constructor(safety: SafetySettings, clock: Clock, book: WalkBook, crashedAt: number | null) {
    this.#safety = safety;
    this.#clock = clock;
    this.#book = book;
    this.#crashedAt = crashedAt;
  }

  /** Epoch milliseconds of an unclean end that the belt was not seen after; null: none. */
  get crashedAt(): number | null {
    return this.#crashedAt;
  }

  /** Why a belt that was just seen has to be stopped, or null. `walkedOff`: the walker has left it right now. */
  reason(telemetry: Telemetry, walkedOff: boolean): StopCause | null {
    const crashed = this.#wasLeftByCrash();
    if (!isMoving(telemetry)) return null;
    const { walkedOff: policy, maxSession } = this.#safety;
    if (crashed && this.#safety.stopAfterCrash) return "crash";
    if (walkedOff && policy.stop) return "walked_off";
    return maxSession !== null && this.#book.hasMovedFor(maxSession) ? "max_session" : null;
  }

  /** Contract rule 9: only the first status after the crash tells, and only if it comes soon. */
  #wasLeftByCrash(): boolean {
    const crashedAt = this.#crashedAt;
    this.#crashedAt = null;
    return crashedAt !== null && this.#clock.wall() - crashedAt <= CRASH_COUNTS_MS;
  }
}
