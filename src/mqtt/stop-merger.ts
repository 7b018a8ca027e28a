import type { Clock } from "../clock.js";
import { type Command, type CommandRequest, isStop, type Outcome } from "../domain/command.js";
import type { PadPort } from "../api/pad-port.js";

type CommandSink = Pick<PadPort, "submit">;

/** For a stop above the limit: it gets no result, so equal ones can be merged. */
export const noAnswer = (): void => undefined;

/** Submits the first stop of a turn to the pad at once, and the others of that turn together at its end. */
export class StopMerger implements CommandSink {
  readonly #pad: CommandSink;
  readonly #clock: Clock;
  readonly #held: CommandRequest[] = [];
  readonly #unanswered = new Map<Command["value"], CommandRequest>();
  #cancel: (() => void) | null = null;

  constructor(pad: CommandSink, clock: Clock) {
    this.#pad = pad;
    this.#clock = clock;
  }

  submit(asked: readonly CommandRequest[], arrived: number, stale: Outcome | null): void {
    if (!asked.every(({ command }) => isStop(command))) {
      this.flush();
      this.#pad.submit(asked, arrived, stale);
    } else if (this.#cancel) {
      for (const one of asked) this.#hold(one);
    } else {
      this.#cancel = this.#clock.after(0, () => this.flush());
      this.#pad.submit(asked, arrived, stale);
    }
  }

  /** The turn is over: submits the held stops to the pad. */
  flush(): void {
    this.#cancel?.();
    this.#cancel = null;
    const held = [...this.#held.splice(0), ...this.#unanswered.values()];
    this.#unanswered.clear();
    if (held.length > 0) this.#pad.submit(held, this.#clock.now(), null);
  }

  #hold(one: CommandRequest): void {
    if (one.respond === noAnswer) this.#unanswered.set(one.command.value, one);
    else this.#held.push(one);
  }
}
