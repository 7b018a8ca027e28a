import { type Clock, sleep } from "../../clock.js";
import type { Frame } from "../../protocol/protocol.js";
import type { FrameSequence } from "../../protocol/session.js";

export interface UnitWriterDeps {
  readonly clock: Clock;
  /** Milliseconds between two frames. */
  readonly spacing: number;
  readonly lost: AbortSignal;
  /** Writes one frame to the link; settles within its deadline. */
  readonly send: (frame: Frame, what: string) => Promise<void>;
}

export interface UnitWriter {
  /**
   * Writes a sequence once those before it are sent; before each frame `isStillAllowed` is called, and the rest is left
   * out when it returns false. `interrupt` ends a sequence of which a part was written. Waiting sequences wait until
   * `over`.
   */
  write(
    unit: FrameSequence,
    what: string,
    isStillAllowed: () => boolean,
    interrupt: FrameSequence,
    over?: AbortSignal,
  ): Promise<void>;
  /** Writes a sequence now, beginning in this very turn: a half-written one is cut off, and ended by `interrupt`. */
  cutIn(unit: FrameSequence, what: string, interrupt: FrameSequence): Promise<void>;
}

interface Writing {
  begun: boolean;
  cut: boolean;
}

/**
 * The frames of two sequences never interleave: some pads read one stream, and would take one line for the rest of
 * another.
 */
export const unitWriter = ({ clock, spacing, lost, send }: UnitWriterDeps): UnitWriter => {
  let last = -Infinity;
  let tail: Promise<unknown> = Promise.resolve();
  let queued = 0;
  let present: Writing | null = null;
  let cutting: Promise<unknown> | null = null;

  const spaced = async (frame: Frame, what: string, isFirst: boolean): Promise<void> => {
    const wait = last + spacing - clock.now();
    if (wait > 0 && !isFirst) await sleep(clock, wait, lost);
    last = clock.now();
    await send(frame, what);
  };

  const run = async (
    unit: FrameSequence,
    what: string,
    isStillAllowed: () => boolean,
    interrupt: FrameSequence,
    over: AbortSignal,
  ): Promise<void> => {
    while (cutting !== null) await cutting;
    const writing: Writing = { begun: false, cut: false };
    present = writing;
    try {
      for (const frame of unit) {
        const wait = last + spacing - clock.now();
        if (wait > 0) await sleep(clock, wait, over);
        if (writing.cut) return;
        if (!isStillAllowed()) {
          if (writing.begun) for (const end of interrupt) await spaced(end, what, false);
          return;
        }
        writing.begun = true;
        last = clock.now();
        await send(frame, what);
      }
    } finally {
      if (present === writing) present = null;
    }
  };

  /** The next sequence waits for this one, however it ends. */
  const follow = (running: Promise<void>): Promise<void> => {
    queued += 1;
    tail = Promise.allSettled([tail, running]).then(() => {
      queued -= 1;
    });
    return running;
  };

  return {
    write(unit, what, isStillAllowed, interrupt, over = lost) {
      if (unit.length === 0) return Promise.resolve();
      const now = queued === 0;
      const before = tail;
      return follow(
        now
          ? run(unit, what, isStillAllowed, interrupt, over)
          : before.then(() => run(unit, what, isStillAllowed, interrupt, over)),
      );
    },
    cutIn(unit, what, interrupt) {
      if (unit.length === 0) return Promise.resolve();
      const frames = present?.begun ? [...interrupt, ...unit] : unit;
      if (present) present.cut = true;
      const all = async (): Promise<void> => {
        for (const [index, frame] of frames.entries()) await spaced(frame, what, index === 0);
      };
      const running = all();
      const done: Promise<unknown> = running.then(
        () => (cutting = cutting === done ? null : cutting),
        () => (cutting = cutting === done ? null : cutting),
      );
      cutting = done;
      return follow(running);
    },
  };
};
