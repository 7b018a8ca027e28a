/**
 * The order in which messages arrived, counted over all connections of one client: a message that is handled ahead of
 * others is known to be later than they are.
 */
export class ArrivalOrder {
  #arrived = 0;
  #handled = 0;

  /** Messages that have arrived and are not handled. */
  get waiting(): number {
    return this.#arrived - this.#handled;
  }

  /** The place of the message that arrived last. */
  get last(): number {
    return this.#arrived;
  }

  /** A message has arrived that will be handled in its turn. */
  arrive(): void {
    this.#arrived += 1;
  }

  /** The next message is handled in its turn; returns its place. */
  handle(): number {
    this.#handled += 1;
    // Without a filter no arrival is counted.
    this.#arrived = Math.max(this.#arrived, this.#handled);
    return this.#handled;
  }

  /** A new connection: messages that waited on the one before are never handled. */
  restart(): void {
    this.#handled = this.#arrived;
  }
}
