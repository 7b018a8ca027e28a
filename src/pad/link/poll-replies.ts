import type { Operation } from "../../protocol/protocol.js";

/**
 * Assigns a status to the write that it answers. A WiLink pad never notifies by itself: it answers each poll and each
 * accepted command once, in order (wire-facts a.3), but replies get lost and commands get ignored. Writes wait here in
 * order; a status is assigned to the oldest one that may still be answered, so it is never assigned to a later poll
 * than the one it answers.
 */
export interface PollReplies {
  readonly expected: readonly { readonly poll: boolean; readonly at: number }[];
}

export const noReplies: PollReplies = { expected: [] };

/** noble requests a supervision timeout of 2 s (its hci.js, 0x00c8): no reply can be later on a live link. */
const REPLY_WITHIN_MS = 2_500;
const answered: readonly Operation["op"][] = ["poll", "stop", "pause", "start", "speed", "mode"];

export const expectReply = (replies: PollReplies, operation: Operation, at: number): PollReplies =>
  answered.includes(operation.op)
    ? { expected: [...live(replies, at), { poll: operation.op === "poll", at }] }
    : replies;

/**
 * Takes the write that a status answers: when its poll was written, or null for the reply to a command or to no write.
 */
export const takeReply = (
  replies: PollReplies,
  now: number,
): { readonly replies: PollReplies; readonly poll: number | null } => {
  const [oldest, ...rest] = live(replies, now);
  return { replies: { expected: rest }, poll: oldest?.poll ? oldest.at : null };
};

const live = (replies: PollReplies, now: number): PollReplies["expected"] =>
  replies.expected.filter((write) => now - write.at <= REPLY_WITHIN_MS);
