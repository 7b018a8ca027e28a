import type { Clock } from "../clock.js";
import { AT_REST, kmh } from "../domain/units.js";
import type { Logger } from "../log/log.js";
import type { Effect, StopCause } from "./control/goals.js";
import type { PadEvent } from "./session/session-journal.js";
import type { Telemetry } from "./control/telemetry.js";
import { asError } from "../domain/errors.js";

/** Waiters check their condition whenever something may have changed. */
export class ChangeSignal {
  readonly #checks = new Set<() => void>();

  happened(): void {
    for (const check of [...this.#checks]) check();
  }

  /** Resolves when `condition` holds, or when one of the signals aborts. */
  until(condition: () => boolean, signals: readonly AbortSignal[]): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!condition() && !signals.some((signal) => signal.aborted)) return;
        this.#checks.delete(check);
        for (const signal of signals) signal.removeEventListener("abort", check);
        resolve();
      };
      this.#checks.add(check);
      for (const signal of signals) signal.addEventListener("abort", check);
      check();
    });
  }
}

/**
 * Runs a listener. Its error is thrown in a turn of its own: it ends the program by the shutdown path, and does not
 * interrupt a stop.
 */
export const runIsolated = (run: () => void): void => {
  try {
    run();
  } catch (thrown) {
    queueMicrotask(() => {
      throw asError(thrown);
    });
  }
};

export interface Listener<View> {
  /** `view()` may have changed; this is its present value. */
  changed(view: View): void;
  happened(event: PadEvent): void;
}

/** Reports changes of a pad's belt and link to its listeners and to the log. */
export class PadEvents<View> {
  readonly #view: () => View;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #changes: ChangeSignal;
  readonly #listeners = new Set<Listener<View>>();

  constructor(view: () => View, clock: Clock, log: Logger, changes: ChangeSignal) {
    this.#view = view;
    this.#clock = clock;
    this.#log = log;
    this.#changes = changes;
  }

  subscribe(listener: Listener<View>): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changed(): void {
    runIsolated(() => {
      const view = this.#view();
      for (const listener of this.#listeners) runIsolated(() => listener.changed(view));
    });
    this.#changes.happened();
  }

  happened(event: PadEvent): void {
    for (const listener of this.#listeners) runIsolated(() => listener.happened(event));
  }

  stopping(cause: StopCause): void {
    const message =
      cause === "exit"
        ? "The belt was started again at the pad while the bridge ends. Stopping it again"
        : `Stopping the belt: ${cause}`;
    this.#log.warn({ cause }, message);
  }

  /** The result of a stop. */
  decided(effect: Effect, { last }: Telemetry): void {
    const { type } = effect;
    if (type === "stopped") this.#log.info({}, "Belt at rest");
    if (type === "stop-dropped")
      this.#log.warn(
        {},
        "Stop dropped: the pad is back after more than 60 s with a belt that was started by another controller",
      );
    if (type !== "stop-unconfirmed") return;
    this.#log.error(
      { speed: kmh(last?.status.speed ?? AT_REST), seen: last !== null },
      effect.unwritten
        ? "The stop could not be written to the pad, so the belt may be moving. Use the pad's remote or its mains switch now."
        : "Belt not confirmed stopped; it may still be moving. The bridge repeats the stop. Use the pad's remote or its mains switch now.",
    );
    this.happened({ type: "stop_unconfirmed", at: this.#clock.wall() });
  }

  /** The link was lost while the belt was not at rest. */
  linkLost(regains: boolean): void {
    const next = regains ? "The bridge reconnects." : "The link is switched off and stays off.";
    this.#log.warn(
      {},
      `Link lost while the belt moves. The belt keeps its speed. ${next} The remote still works.`,
    );
    this.happened({ type: "link_lost", at: this.#clock.wall() });
  }

  linkRestored(): void {
    this.happened({ type: "link_restored", at: this.#clock.wall() });
  }
}
