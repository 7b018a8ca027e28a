import type { Clock } from "../clock.js";
import { failure, OK, type Outcome } from "../domain/command.js";
import type { RequestId } from "./control/goals.js";
import type { Phase } from "../domain/state.js";

/** docs/topics.md, the `link` row. */
const DEADLINE_MS = 20_000;

const OVERTAKEN = failure("superseded", "A newer command for the link replaced this one.");
const LATE = failure("unconfirmed", "The link did not change in time; `link` in the state shows its state.");
const NO_RADIO = failure("radio-off", "The Bluetooth radio cannot be used; see bridge/info.");

export interface LinkSwitchOwner {
  phase(): Phase;
  radioOn(): boolean;
  resolve(refs: readonly RequestId[], outcome: Outcome): void;
}

/** The user's switch: whether the bridge may hold the pad's Bluetooth link; off, the phone's app can connect. */
export class LinkSwitch {
  readonly #clock: Clock;
  readonly #owner: LinkSwitchOwner;
  #on = true;
  #waiting: { readonly refs: readonly RequestId[]; readonly phase: Phase; readonly deadline: number } | null =
    null;

  constructor(clock: Clock, owner: LinkSwitchOwner) {
    this.#clock = clock;
    this.#owner = owner;
  }

  get on(): boolean {
    return this.#on;
  }

  /** A repeated request shares the result; the opposite one supersedes it. */
  turn(on: boolean, ref: RequestId): void {
    const older = this.#waiting;
    const same = older !== null && on === this.#on;
    this.#on = on;
    this.#waiting = {
      refs: same ? [...older.refs, ref] : [ref],
      phase: on ? "ready" : "off",
      deadline: same ? older.deadline : this.#clock.now() + DEADLINE_MS,
    };
    if (older && !same) this.#owner.resolve(older.refs, OVERTAKEN);
    this.review();
  }

  /** Resolves the request once the link, or the deadline, has decided it. */
  review(): void {
    const wish = this.#waiting;
    if (!wish) return;
    const done = this.#owner.phase() === wish.phase;
    if (!done && this.#clock.now() < wish.deadline) return;
    this.#waiting = null;
    const late = this.#owner.radioOn() ? LATE : NO_RADIO;
    this.#owner.resolve(wish.refs, done ? OK : late);
  }
}
