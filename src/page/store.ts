import { monotonic } from "./clock.js";
import type { Action } from "./model/action.js";
import { reduce } from "./model/reduce.js";
import type { State } from "./model/state.js";

/** The one state of the page, and its subscribers. */
export class Store {
  #state: State;
  readonly #listeners = new Set<() => void>();

  constructor(state: State) {
    this.#state = state;
  }

  get state(): State {
    return this.#state;
  }

  dispatch(action: Action): void {
    this.#state = reduce(this.#state, action, monotonic());
    for (const listener of this.#listeners) listener();
  }

  subscribe(listener: () => void): void {
    this.#listeners.add(listener);
  }
}
