import type { Clock } from "../clock.js";
import type { SafetySettings } from "../domain/pad.js";
import type { Control, StopCause } from "./control/goals.js";
import { isMoving, showsRest, type Telemetry } from "./control/telemetry.js";
import type { SessionTracker } from "./session/session-tracker.js";

/** Safety rule 9. */
const CRASH_COUNTS_MS = 10 * 60_000;
/**
 * A belt that a crash left in its countdown moves within this time; a belt that has rested for this long was left at
 * rest.
 */
const RESTS_MS = 15_000;

/** Decides when a belt must be stopped without a command. */
export class AutoStop {
  readonly #safety: SafetySettings;
  readonly #clock: Clock;
  readonly #sessions: SessionTracker;
  #crashedAt: number | null;
  /** The same on the monotonic clock, as the wall clock gave it at the start. */
  readonly #crashedMonotonic: number;
  #firstSeen: number | null = null;
  #restsSince: number | null = null;

  constructor(safety: SafetySettings, clock: Clock, sessions: SessionTracker, crashedAt: number | null) {
    this.#safety = safety;
    this.#clock = clock;
    this.#sessions = sessions;
    this.#crashedAt = crashedAt;
    this.#crashedMonotonic = clock.now() - Math.max(0, clock.wall() - (crashedAt ?? 0));
  }

  /** Epoch milliseconds of the last status before an unclean end, until the belt is seen at rest; null: none. */
  get crashedAt(): number | null {
    return this.#crashedAt;
  }

  /**
   * Safety rule 9: an unclean end within this time may have left a belt moving. The wall clock may be set while the pad
   * is looked for, as by NTP on a computer without a battery: then the smaller age counts.
   */
  get crashCounts(): boolean {
    if (this.#crashedAt === null) return false;
    const age = Math.min(this.#clock.wall() - this.#crashedAt, this.#clock.now() - this.#crashedMonotonic);
    return age <= CRASH_COUNTS_MS;
  }

  /** A stop of this run is confirmed. */
  onStopConfirmed(): void {
    this.#crashedAt = null;
  }

  /** Why a belt that was just seen must be stopped, or null. `walkedOff`: the walker has just left it. */
  reason(telemetry: Telemetry, control: Control, walkedOff: boolean): StopCause | null {
    if (this.#wasLeftByCrash(telemetry, control)) return "crash";
    if (!isMoving(telemetry)) return null;
    const { walkedOff: policy, maxSession } = this.#safety;
    if (walkedOff && policy.stop) return "walked_off";
    return maxSession !== null && this.#sessions.hasMovedFor(maxSession) ? "max_session" : null;
  }

  /** Only a status with a speed decides: the first of this run, or movement without a command of the bridge. */
  #wasLeftByCrash(telemetry: Telemetry, control: Control): boolean {
    const { last } = telemetry;
    if (this.#crashedAt === null || !last) return false;
    if (this.#firstSeen === null && !(this.crashCounts && this.#safety.stopAfterCrash)) {
      this.#crashedAt = null;
      return false;
    }
    this.#firstSeen ??= last.at;
    if (showsRest(telemetry)) {
      this.#restsSince ??= last.at;
      if (last.at - this.#restsSince >= RESTS_MS) this.#crashedAt = null;
      return false;
    }
    this.#restsSince = null;
    const soon = last.at - this.#firstSeen <= RESTS_MS;
    return soon && control.started === null && (isMoving(telemetry) || last.status.activity === "countdown");
  }
}
