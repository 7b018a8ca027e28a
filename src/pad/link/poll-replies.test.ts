import fc from "fast-check";
import { expect, it } from "vitest";
import type { Operation } from "../../protocol/protocol.js";
import { noReplies, takeReply, expectReply } from "./poll-replies.js";

const POLL: Operation = { op: "poll" };
const STOP: Operation = { op: "stop" };

it("a status answers the oldest write that may still be answered; only a poll's answer counts as one", () => {
  let replies = expectReply(expectReply(expectReply(noReplies, POLL, 0), STOP, 10), POLL, 700);
  const polls = [20, 30, 750, 760].map((now) => {
    const answer = takeReply(replies, now);
    replies = answer.replies;
    return answer.poll;
  });
  expect(polls).toEqual([0, null, 700, null]);
});

it("reads are answered by frames of another kind, and wait for no status", () => {
  const asked = expectReply(expectReply(noReplies, { op: "preferences" }, 0), { op: "handshake" }, 10);
  expect(asked.expected).toEqual([]);
});

it("a missing answer is no longer expected after 2.5 s", () => {
  const replies = expectReply(expectReply(noReplies, STOP, 0), POLL, 2_400);
  expect(takeReply(replies, 2_500).poll).toBe(null);
  expect(takeReply(replies, 2_501).poll).toBe(2_400);
});

/** Writes 100 to 900 ms apart; each is answered after up to 2 s (noble's supervision timeout), in order, or never. */
const traffic = fc.array(
  fc.record({
    gap: fc.integer({ min: 100, max: 900 }),
    stop: fc.boolean(),
    latency: fc.option(fc.integer({ min: 10, max: 2_000 }), { freq: 3 }),
  }),
  { minLength: 1, maxLength: 40 },
);

it("a status is never taken for the answer to a poll that came after the write it really answers", () => {
  fc.assert(
    fc.property(traffic, (writes) => {
      let at = 0;
      let delivered = 0;
      const events = writes.flatMap(({ gap, stop, latency }) => {
        at += gap;
        const written = { at, written: at, stop, answer: false };
        if (latency === null) return [written];
        delivered = Math.max(delivered, at + latency);
        return [written, { at: delivered, written: at, stop, answer: true }];
      });
      // An answer is delivered after the write it answers, and answers keep their order.
      const inOrder = events.toSorted((a, b) => a.at - b.at || Number(a.answer) - Number(b.answer));
      let replies = noReplies;
      for (const event of inOrder) {
        if (!event.answer) replies = expectReply(replies, event.stop ? STOP : POLL, event.at);
        else {
          const answer = takeReply(replies, event.at);
          replies = answer.replies;
          if (answer.poll !== null) expect(answer.poll).toBeLessThanOrEqual(event.written);
        }
      }
    }),
    { numRuns: 500 },
  );
});
