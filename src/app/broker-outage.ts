import type { Clock } from "../clock.js";

/** A connection counts once it has lasted this long: one that the broker closes at the first message does not. */
const LASTED_MS = 5_000;

/** `safety.broker_lost`: calls back once the broker has been gone for `after`; null: never. */
export class BrokerOutage {
  readonly #clock: Clock;
  readonly #afterMs: number | null;
  readonly #act: () => void;
  #cancelAct: (() => void) | null = null;
  #cancelLasted: () => void = () => undefined;
  #isConnected = false;
  /** The time ran out during a connection too short to count: the end of that connection decides. */
  #isDue = false;

  constructor(clock: Clock, afterMs: number | null, act: () => void) {
    this.#clock = clock;
    this.#afterMs = afterMs;
    this.#act = act;
  }

  connected(): void {
    this.#isConnected = true;
    this.#cancelLasted();
    this.#cancelLasted = this.#clock.after(LASTED_MS, () => this.#over());
  }

  /**
   * Connections that do not count leave the time running; it acts once per outage, so a belt started later keeps
   * running.
   */
  lost(): void {
    this.#isConnected = false;
    this.#cancelLasted();
    if (this.#afterMs === null) return;
    this.#cancelAct ??= this.#clock.after(this.#afterMs, () => this.#timeIsUp());
    if (this.#isDue) this.#timeIsUp();
  }

  end(): void {
    this.#cancelLasted();
    this.#over();
  }

  #timeIsUp(): void {
    this.#isDue = this.#isConnected;
    if (!this.#isConnected) this.#act();
  }

  #over(): void {
    this.#cancelAct?.();
    this.#cancelAct = null;
    this.#isDue = false;
  }
}
