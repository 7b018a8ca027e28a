import type { Clock } from "../../clock.js";

/** Messages are handled for this long before timers and the radio run: MQTT.js alone never yields. */
const SLICE_MS = 5;

/** After a slice of work the parser waits for other events, and the socket for the parser (stream backpressure). */
export class ParserSlices {
  readonly #clock: Clock;
  #from = 0;
  #handledAt = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A message is being handled. */
  begin(): void {
    const now = this.#clock.now();
    if (now - this.#handledAt > SLICE_MS) this.#from = now;
  }

  /** It was handled: calls `done`, which parses the next packet, at once or after other events. */
  next(done: () => void): void {
    this.#handledAt = this.#clock.now();
    if (this.#handledAt - this.#from < SLICE_MS) return done();
    this.#clock.after(0, () => {
      this.#from = this.#clock.now();
      this.#handledAt = this.#from;
      done();
    });
  }
}
