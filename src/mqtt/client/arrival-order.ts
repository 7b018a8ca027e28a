/** A message in the order of arrival. */
export interface Arrival {
  readonly place: number;
  /** When it arrived, on the clock. */
  readonly arrived: number;
}

/**
 * The order in which messages arrived, counted over all connections of one client: a message that is handled ahead of
 * others is known to be later than they are, and one that has waited for the parser is as old as it is (safety rule 2).
 */
export class ArrivalOrder {
  readonly #now: () => number;
  #handled = 0;
  /** When each message arrived that waits to be handled, in order. */
  #waiting: number[] = [];

  /** `now`: when the data that is read now arrived, on the clock. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The number of messages that have arrived and are not handled. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** A message has arrived that will be handled in its turn. */
  arrive(): void {
    this.#waiting.push(this.#now());
  }

  /** A message has arrived that is handled ahead: its place is that of the last one before it. */
  arriveAhead(): Arrival {
    return { place: this.#handled + this.#waiting.length, arrived: this.#now() };
  }

  /** The next message is handled in its turn. */
  handle(): Arrival {
    this.#handled += 1;
    // Without a filter no arrival is counted.
    return { place: this.#handled, arrived: this.#waiting.shift() ?? this.#now() };
  }

  /** A new connection: messages that waited on the one before are never handled. */
  restart(): void {
    this.#handled += this.#waiting.length;
    this.#waiting = [];
  }
}
