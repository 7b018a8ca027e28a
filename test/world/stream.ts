import { decoded, type TextPad } from "../../src/sim/kingsmith-text/state.js";
import type { Air } from "./air.js";
import type { WorldClock } from "./clock.js";

const END = 0x0d;
/** Bytes that no line can have: a frame of the side channel, or the zeros before the first line (more-protocols 1.3). */
const isOfALine = (byte: number): boolean => byte === END || byte > 0x20;

/** Bytes on their way: a frame of its own, or a part of the stream, with what it ends. */
interface Part {
  readonly bytes: Uint8Array;
  readonly isFrame: boolean;
  /** When the state was so that is complete with the last of these bytes; null: none is. */
  readonly generated: number | null;
  readonly due: number;
}

export interface StreamDeps {
  readonly world: WorldClock;
  readonly air: () => Air;
  readonly pad: () => TextPad;
  /** The process is about to read these bytes. */
  readonly hand: (bytes: Uint8Array, generated: number | null) => void;
}

/**
 * What a text pad says on its way: one stream, whose order holds and in which nothing is lost but what the pad did not
 * send. What comes late, twice or once more is a line of it, and the lines come in whatever pieces the air makes of them.
 */
export const lineStream = ({ world, air, pad, hand }: StreamDeps): ((bytes: Uint8Array) => void) => {
  let line: number[] = [];
  let state: Uint8Array | null = null;
  const queue: Part[] = [];
  let due = 0;
  let waits = false;

  const isState = (bytes: Uint8Array): boolean => {
    const text = decoded(pad().state, Buffer.from(bytes.subarray(0, -1)).toString("latin1"));
    return text !== null && text.startsWith("props") && text.includes("CurrentSpeed");
  };

  const pushed = (bytes: Uint8Array, generated: number | null, isFrame = false): void => {
    due = Math.max(due, world.now() + air().delay);
    queue.push({ bytes, isFrame, generated, due });
    next(air().pieces?.pause ?? 0);
  };

  const next = (pause: number): void => {
    if (waits || queue.length === 0) return;
    const ms = Math.max(queue[0]!.due - world.now(), pause);
    if (ms <= 0) {
      flow();
      return;
    }
    waits = true;
    world.after(ms, () => {
      waits = false;
      flow();
    });
  };

  /** The next piece: of at most so many bytes, and of as many lines as are due. */
  const flow = (): void => {
    const { pieces } = air();
    const first = queue[0]!;
    if (!pieces || first.isFrame) {
      queue.shift();
      hand(first.bytes, first.generated);
    } else {
      let left = pieces.size;
      const taken: Uint8Array[] = [];
      let generated: number | null = null;
      while (left > 0 && queue[0] && !queue[0].isFrame && queue[0].due <= world.now()) {
        const { bytes, ...part } = queue[0];
        taken.push(bytes.subarray(0, left));
        if (bytes.length > left) queue[0] = { ...part, bytes: bytes.subarray(left) };
        else {
          queue.shift();
          generated = part.generated ?? generated;
        }
        left -= Math.min(left, bytes.length);
      }
      hand(Uint8Array.from(taken.flatMap((each) => [...each])), generated);
    }
    next(pieces?.pause ?? 0);
  };

  /** A line is complete; `left` is what of it has not gone on its way yet. */
  const ended = (left: Uint8Array): void => {
    const { doubled, echo, frozen } = air();
    const bytes = Uint8Array.from(line);
    line = [];
    const generated = isState(bytes) ? world.now() : null;
    if (frozen && state && generated !== null) return pushed(state, generated);
    pushed(left, generated);
    if (frozen) return;
    if (generated !== null) state = bytes;
    if (doubled) pushed(bytes, generated);
    if (echo !== null) world.after(echo, () => pushed(bytes, generated));
  };

  return (bytes) => {
    if (!bytes.every(isOfALine)) return pushed(bytes, null, true);
    const { frozen } = air();
    let from = 0;
    for (const [at, byte] of bytes.entries()) {
      line.push(byte);
      if (byte !== END) continue;
      ended(frozen ? Uint8Array.from(line) : bytes.subarray(from, at + 1));
      from = at + 1;
    }
    if (!frozen && from < bytes.length) pushed(bytes.subarray(from), null);
  };
};
