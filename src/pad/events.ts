import type { Clock } from "../clock.js";
import { AT_REST, kmh } from "../domain/units.js";
import type { Logger } from "../log/log.js";
import { apart } from "./apart.js";
import type { Changes } from "./changes.js";
import type { Effect, StopCause } from "./control/goals.js";
import type { PadEvent } from "./session/session-journal.js";
import type { Telemetry } from "./control/telemetry.js";

export interface Listener<Subject> {
  /** Something that `view()` shows may have changed. */
  changed(subject: Subject): void;
  happened(subject: Subject, event: PadEvent): void;
}

/** Tells what becomes of a pad's belt and link: to whoever listens, and to the log. */
export class Announcer<Subject> {
  readonly #subject: Subject;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #changes: Changes;
  readonly #listeners = new Set<Listener<Subject>>();

  constructor(subject: Subject, clock: Clock, log: Logger, changes: Changes) {
    this.#subject = subject;
    this.#clock = clock;
    this.#log = log;
    this.#changes = changes;
  }

  subscribe(listener: Listener<Subject>): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changed(): void {
    for (const listener of this.#listeners) apart(() => listener.changed(this.#subject));
    this.#changes.happened();
  }

  happened(event: PadEvent): void {
    for (const listener of this.#listeners) apart(() => listener.happened(this.#subject, event));
  }

  stopping(cause: StopCause): void {
    this.#log.warn({ cause }, `stopping the belt: ${cause}`);
  }

  /** What became of a stop. */
  decided({ type }: Effect, { last }: Telemetry): void {
    if (type === "stopped") this.#log.info({}, "the belt was seen at rest");
    if (type === "stop-dropped")
      this.#log.warn({}, "a stop was dropped: the pad came back with a belt that somebody else has started");
    if (type !== "stop-unconfirmed") return;
    this.#log.error(
      { speed: kmh(last?.status.speed ?? AT_REST), seen: last !== null },
      "The belt was not seen at rest after a stop. The stop goes on. Use the pad's remote or its mains switch now.",
    );
    this.happened({ type: "stop_unconfirmed", at: this.#clock.wall() });
  }

  /** The link was lost while the belt was not at rest. */
  linkLost(regains: boolean): void {
    const next = regains ? "The link is being regained." : "The link is switched off and stays so.";
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
