import type { BeltLeft } from "../api/page.js";
import type { StopCause } from "../pad/control/goals.js";
import type { Pad } from "../pad/pad.js";
import { proveAll } from "../pad/shutdown.js";
import { allOf, type BeltReport, inOrder, withLateStops } from "../process/lifecycle.js";
import type { Store } from "../store/store.js";
import { trackCrashMark } from "./configured-pad.js";

/** The belts of all configured pads: started together, stopped together, and what is known of each at the end. */
export class Belts {
  readonly #configured: readonly string[];
  readonly #store: Store;
  #pads: readonly Pad[] = [];
  readonly #crashMarks: (() => void)[] = [];
  /** How each belt was left, recorded before its link was closed. */
  #left: BeltReport = [];

  constructor(configured: readonly string[], store: Store) {
    this.#configured = configured;
    this.#store = store;
  }

  get pads(): readonly Pad[] {
    return this.#pads;
  }

  get left(): readonly BeltLeft[] {
    return this.#left.map(({ pad, verdict }) => ({ pad, belt: verdict }));
  }

  /** The pads whose crash mark stands, as far as the store is read. */
  get marked(): readonly string[] {
    return this.#configured.filter((id) => this.#store.crashedAt(id) !== null);
  }

  add(pads: readonly Pad[]): void {
    this.#pads = pads;
    this.#crashMarks.push(...pads.map((pad) => trackCrashMark(pad, this.#store)));
  }

  stopFor(cause: StopCause): void {
    for (const pad of this.#pads) pad.stopFor(cause);
  }

  /** The program ends. Before it returns, every stop is written. */
  begin(): Promise<void> {
    return allOf(this.#pads.map((pad) => () => pad.shutdown.begin()));
  }

  async stop(signal: AbortSignal, hurry: AbortSignal): Promise<void> {
    const ends = this.#pads.map((pad) => pad.shutdown);
    await inOrder([
      () => allOf(ends.map((each) => () => each.stop(signal, hurry))),
      () => proveAll(ends, signal, hurry),
    ]);
  }

  report(): BeltReport {
    // The start was overtaken by the end: nobody has looked for these pads.
    if (this.#pads.length === 0)
      return this.marked.map((pad) => ({ pad, verdict: "moving", confirmed: false, asked: false }));
    return this.#pads.map((pad) => ({
      pad: pad.settings.id,
      verdict: pad.shutdown.verdict(),
      confirmed: pad.view().state.stopConfirmed,
      asked: pad.shutdown.isAsked,
    }));
  }

  /** Records how each belt was left, for the page and for the next run. */
  leave(): void {
    // Closing a link is a change too, and would set the crash mark again.
    for (const unwatch of this.#crashMarks.splice(0)) unwatch();
    this.#left = this.report();
    for (const { pad, verdict, confirmed } of this.#left)
      if (verdict === "rest" && confirmed) this.#store.clearCrashMark(pad);
  }

  /** Closes every link. A stop that came after `leave` is not confirmed, and the next run knows (safety rule 9). */
  async close(): Promise<void> {
    await inOrder([() => allOf(this.#pads.map((pad) => () => pad.close())), () => this.#leaveLate()]);
  }

  async #leaveLate(): Promise<void> {
    const before = this.#left;
    this.#left = withLateStops(before, this.report());
    const late = this.#left.filter((belt) => !before.includes(belt)).map(({ pad }) => pad);
    if (late.length > 0) await this.#store.leaveCrashMarks(late);
  }
}
