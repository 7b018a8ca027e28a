import type { Clock } from "../clock.js";

/** A connection counts once it has lasted this long: one that a broker ends at its first message is none. */
const LASTED_MS = 5_000;

/** `safety.broker_lost`: calls back once the broker has been gone for that long; null: never. */
export class BrokerOutage {
  readonly #clock: Clock;
  readonly #afterMs: number | null;
  readonly #act: () => void;
  #cancelAct: (() => void) | null = null;
  #cancelLasted: () => void = () => undefined;
  #isConnected = false;
  /** The time ran out during a connection that had not lasted yet: its end decides. */
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

  /** Connections that did not last leave the time running; it acts once an outage, so a belt started later is the user's. */
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
