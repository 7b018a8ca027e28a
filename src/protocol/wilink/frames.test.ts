import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { captures, fromHex } from "../../../test/support/captures.js";
import { concat, toHex } from "../bytes.js";
import { checks, COMMAND, deframe, frame, REPLY, seal } from "./frames.js";

const RX = captures().filter(({ protocol, dir }) => protocol === "wilink" && dir === "rx");
const join = (parts: readonly Uint8Array[]): Uint8Array => parts.reduce(concat, new Uint8Array());

/** What comes out of `chunks`, fed one by one, in hex. */
const feed = (chunks: readonly Uint8Array[]): { valid: string[]; bad: string[]; rest: Uint8Array } => {
  const valid: string[] = [];
  const bad: string[] = [];
  let rest: Uint8Array = new Uint8Array();
  for (const chunk of chunks) {
    const step = deframe(concat(rest, chunk));
    for (const piece of step.pieces) (piece.valid ? valid : bad).push(toHex(piece.bytes));
    rest = step.rest;
    expect(rest.length).toBeLessThan(20);
  }
  return { valid, bad, rest };
};

const cut = (bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] => {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (const size of sizes) {
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return [...chunks, bytes.subarray(at)];
};
const sizes = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 40 });

const sealed = (type: number, length: number): fc.Arbitrary<Uint8Array> =>
  // Payload bytes that mean something to the framing come up far more often than by chance.
  fc
    .array(fc.oneof(fc.constantFrom(0xf8, 0xfd, 0xa2, 0xa6, 0xb2), fc.nat(255)), {
      minLength: length - 4,
      maxLength: length - 4,
    })
    .map((payload) => frame(REPLY, [type, ...payload]));
const sized = (type: number, size: number): fc.Arbitrary<Uint8Array> =>
  fc
    .uint8Array({ minLength: size, maxLength: size })
    .map((payload) => frame(REPLY, [type, size, ...payload]));
const good: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.constantFrom(...RX.map(({ hex }) => fromHex(hex))),
  fc.constantFrom(0xa2, 0xa5, 0xa7).chain((type) => sealed(type, 20)),
  sealed(0xa6, 16),
  // A 20-byte A6 whose first 16 bytes check as well is two frames in one; the shorter is taken.
  sealed(0xa6, 20).filter((bytes) => !checks(bytes.subarray(0, 16))),
  fc.tuple(fc.constantFrom(0xb1, 0xb2, 0xb3), fc.nat(15)).chain(([type, size]) => sized(type, size)),
);

/** Bytes that look like frames without being any: heads, types, truncated and mutilated frames. */
const garbage: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 30 }),
  fc
    .array(fc.constantFrom(0xf8, 0xf7, 0xfd, 0xa2, 0xa6, 0xb2, 0, 1, 3, 15), { maxLength: 30 })
    .map((bytes) => Uint8Array.from(bytes)),
  fc.tuple(good, fc.nat(19)).map(([bytes, size]) => bytes.subarray(0, size)),
  fc.tuple(good, fc.nat(19)).map(([bytes, size]) => bytes.subarray(size)),
  fc
    .tuple(good, fc.nat(19), fc.nat(255))
    .map(([bytes, at, value]) => bytes.map((byte, i) => (i === at ? value : byte))),
);

/** Written apart from the code under test: every [start, end) of a stream that is a whole valid frame. */
const validSpans = (bytes: Uint8Array): [number, number][] => {
  const spans: [number, number][] = [];
  for (let start = 0; start < bytes.length; start += 1) {
    if (bytes[start] !== 0xf8) continue;
    for (let length = 5; length <= 20; length += 1) {
      const span = Buffer.from(bytes.subarray(start, start + length));
      const type = span[1]!;
      const fits =
        (length === 20 && [0xa2, 0xa5, 0xa6, 0xa7].includes(type)) ||
        (length === 16 && type === 0xa6) ||
        (type >= 0xb0 && type <= 0xbf && span[2]! + 5 === length);
      let sum = 0;
      for (const byte of span.subarray(1, -2)) sum += byte;
      if (span.length === length && fits && span[length - 1] === 0xfd && span[length - 2] === sum % 256)
        spans.push([start, start + length]);
    }
  }
  return spans;
};

describe("frame", () => {
  it("is what the captures are", () => {
    for (const { hex } of captures().filter(({ protocol }) => protocol === "wilink")) {
      const bytes = fromHex(hex);
      expect(toHex(frame(bytes[0]!, [...bytes.subarray(1, -2)]))).toBe(hex);
      expect(checks(bytes)).toBe(true);
    }
  });

  it("seals in place", () => {
    const bytes = Uint8Array.of(COMMAND, 0xa2, 4, 1, 0, 0);
    expect(seal(bytes)).toBe(bytes);
    expect(toHex(bytes)).toBe("f7a20401a7fd");
  });

  it.each(["", "fd", "00fd", "f800fd"])("does not check %j, too short to hold anything", (hex) => {
    expect(checks(fromHex(hex))).toBe(false);
  });
});

describe("deframe", () => {
  it("finds any sequence of valid frames however it is split or merged, and nothing else", () => {
    fc.assert(
      fc.property(fc.array(good, { maxLength: 8 }), sizes, (frames, at) => {
        const { valid, bad, rest } = feed(cut(join(frames), at));
        expect(valid).toEqual(frames.map(toHex));
        expect(bad).toEqual([]);
        expect(rest.length).toBe(0);
      }),
    );
  });

  it("finds the same frames in any bytes, whatever the chunks", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(garbage, good), { maxLength: 10 }), sizes, (parts, at) => {
        const stream = join(parts);
        const [whole, chunked] = [feed([stream]), feed(cut(stream, at))];
        expect(chunked.valid).toEqual(whole.valid);
        expect(chunked.rest).toEqual(whole.rest);
      }),
    );
  });

  it("accounts for every byte, in order", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(garbage, good), { maxLength: 10 }), (parts) => {
        const stream = join(parts);
        const { pieces, rest } = deframe(stream);
        expect(toHex(join([...pieces.map(({ bytes }) => bytes), rest]))).toBe(toHex(stream));
        for (const [i, piece] of pieces.entries())
          expect(piece.valid || (pieces[i + 1]?.valid ?? true)).toBe(true);
      }),
    );
  });

  // The one way to lose a good frame: garbage and the frame's own first bytes together are a valid frame (head, type,
  // length, checksum and end all right), which nobody could tell from one that was sent.
  it("delivers every frame between garbage that no other valid frame overlaps", () => {
    let delivered = 0;
    fc.assert(
      fc.property(fc.array(fc.tuple(garbage, good), { minLength: 1, maxLength: 6 }), sizes, (pairs, at) => {
        // 19 bytes behind the last frame complete any broken frame before it.
        const stream = join([...pairs.flat(), new Uint8Array(19)]);
        const spans = validSpans(stream);
        const { valid } = feed(cut(stream, at));
        let end = 0;
        let seen = 0;
        for (const [junk, sent] of pairs) {
          const start = end + junk.length;
          end = start + sent.length;
          const shadowed = spans.some(([a, b]) => a < end && b > start && !(a === start && b === end));
          if (shadowed) continue;
          const found = valid.indexOf(toHex(sent), seen);
          expect(found).toBeGreaterThanOrEqual(seen);
          seen = found + 1;
          delivered += 1;
        }
      }),
      { numRuns: 500 },
    );
    expect(delivered).toBeGreaterThan(500);
  });

  it("delivers a 20-byte frame with its own last byte, whatever broken frame it arrives behind", () => {
    const status = fromHex("f8a2010f01000fd10000ab0012ae3c0000003afd");
    fc.assert(
      fc.property(garbage, (junk) => {
        const stream = concat(junk, status);
        fc.pre(!validSpans(stream).some(([a, b]) => a < junk.length && b > junk.length));
        const before = deframe(junk);
        const after = deframe(concat(before.rest, status));
        expect(after.pieces.filter(({ valid }) => valid).map(({ bytes }) => toHex(bytes))).toContain(
          toHex(status),
        );
        expect(after.rest.length).toBe(0);
      }),
    );
  });

  const A = "f8a2013c0100022a00004f0003d1b4000000e3fd";
  const B = "f8a200000100000000000000000000000000a3fd";
  it.each([
    {
      what: "a flipped bit",
      chunks: [A, "f8a2013c0100022a00004f0003d1b4000000e2fd", B],
      valid: [A, B],
      bad: 1,
    },
    { what: "a lost byte", chunks: [A.slice(0, 10) + A.slice(12), B], valid: [B], bad: 1 },
    { what: "a doubled byte", chunks: [A.slice(0, 12) + A.slice(10), B], valid: [B], bad: 1 },
    { what: "a truncated frame", chunks: ["f8a201", B], valid: [B], bad: 1 },
    { what: "a head alone", chunks: ["f8", A], valid: [A], bad: 1 },
    {
      what: "heads only, the last kept for the next notification",
      chunks: ["f8f8f8f8", A],
      valid: [A],
      bad: 2,
    },
    { what: "no head", chunks: ["00fd01", A], valid: [A], bad: 1 },
    { what: "an unknown type", chunks: ["f8c100c1fd", A], valid: [A], bad: 1 },
    { what: "a B2 that claims more than a notification", chunks: ["f8b210", A], valid: [A], bad: 1 },
    { what: "a good frame inside a broken one", chunks: [`f8a20102${A}`], valid: [A], bad: 1 },
    { what: "our own command echoed", chunks: ["f7a20000a2fd", A], valid: [A], bad: 1 },
    { what: "nothing", chunks: ["", ""], valid: [], bad: 0 },
    { what: "garbage on both sides", chunks: [`01${A}02${B}03`], valid: [A, B], bad: 3 },
  ])("survives $what", ({ chunks, valid, bad }) => {
    const outcome = feed(chunks.map(fromHex));
    expect(outcome.valid).toEqual(valid);
    expect(outcome.bad).toHaveLength(bad);
  });

  it("takes an A6 at 16 or at 20, split anywhere", () => {
    const long = "f8a600000000004b05000200000100000000f9fd";
    const short = toHex(frame(REPLY, [...fromHex(long).subarray(1, 14)]));
    expect(short).toHaveLength(32);
    for (let at = 0; at <= 36; at += 1) {
      const stream = fromHex(long + short);
      expect(feed([stream.subarray(0, at), stream.subarray(at)])).toMatchObject({
        valid: [long, short],
        bad: [],
      });
    }
    // Its first 16 bytes alone do not check: neither good nor bad yet.
    expect(feed([fromHex(long).subarray(0, 16)])).toMatchObject({ valid: [], bad: [] });
  });

  it("lets no single wrong byte of a capture through", () => {
    for (const { hex } of RX.slice(0, 12)) {
      const bytes = fromHex(hex);
      for (let at = 0; at < bytes.length; at += 1)
        for (let offset = 1; offset < 256; offset += 1) {
          const wrong = bytes.slice();
          wrong[at] = (wrong[at]! + offset) & 0xff;
          expect(deframe(wrong).pieces.some(({ valid }) => valid)).toBe(false);
        }
    }
  });
});
