import { asError, BridgeError } from "../domain/errors.js";
import type { Logger } from "../log/log.js";
import { stateOf, STORE_OK, type StoreState, troubleOf } from "./store-state.js";

/** How the store is, said once each time it changes. */
export class Condition {
  readonly #log: Logger;
  readonly #changed: () => void;
  #state: StoreState = STORE_OK;
  /** Where a damaged file was put; the state of a run that began a new one, as long as all else is well. */
  #aside: string | null = null;

  constructor(log: Logger, changed: () => void) {
    this.#log = log;
    this.#changed = changed;
  }

  get state(): StoreState {
    return this.#state;
  }

  good(aside: string | null): void {
    const news = aside !== this.#aside;
    this.#aside = aside;
    const state = aside === null ? STORE_OK : stateOf("damaged", `It is now ${aside}.`);
    if (news) this.#log.warn({ aside }, `The store was damaged. ${state.advice ?? ""}`);
    else if (this.#state.state !== state.state) this.#log.info({}, "The store can be written again.");
    this.#become(state);
  }

  bad(err: unknown): void {
    const state = stateOf(troubleOf(err));
    // Foreseen, whoever has thrown it: the log leaves the stack out.
    const fault = new BridgeError("store", asError(err).message, { retry: "later", cause: err });
    if (this.#state.state !== state.state)
      this.#log.warn({ err: fault }, `The store cannot be used (${state.state}). ${state.advice ?? ""}`);
    this.#become(state);
  }

  /** What was walked by this pad is there, and cannot be read. */
  hidden(pad: string): void {
    this.#log.warn(
      { pad },
      "Earlier walks cannot be read: stats is not published in this run, so that no total begins at 0.",
    );
  }

  #become(state: StoreState): void {
    const news = state.state !== this.#state.state || state.advice !== this.#state.advice;
    this.#state = state;
    if (news) this.#changed();
  }
}
