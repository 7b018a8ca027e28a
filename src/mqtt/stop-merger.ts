import type { Clock } from "../clock.js";
import { type Command, isStop, type Outcome } from "../domain/command.js";
import type { PadPort } from "../api/pad-port.js";

type CommandTaker = Pick<PadPort, "submit">;

interface Asked {
  readonly command: Command;
  readonly respond: (outcome: Outcome) => void;
}

/** For a stop above the limit: it gets no result, so equal ones can be merged. */
export const noAnswer = (): void => undefined;

/** Submits the first stop of a turn to the pad at once, and the others of that turn together at its end. */
export class StopMerger implements CommandTaker {
  readonly #pad: CommandTaker;
  readonly #clock: Clock;
  readonly #held: Asked[] = [];
  readonly #unanswered = new Map<Command["value"], Asked>();
  #cancel: (() => void) | null = null;

  constructor(pad: CommandTaker, clock: Clock) {
    this.#pad = pad;
    this.#clock = clock;
  }

  submit(asked: readonly Asked[], arrived: number, stale: boolean): void {
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
    if (held.length > 0) this.#pad.submit(held, this.#clock.now(), false);
  }

  #hold(one: Asked): void {
    if (one.respond === noAnswer) this.#unanswered.set(one.command.value, one);
    else this.#held.push(one);
  }
}
