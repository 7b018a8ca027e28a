import type { Link } from "../../ble/radio.js";
import { withTimeout } from "../../ble/deadline.js";
import { type Clock, sleep } from "../../clock.js";
import { BridgeError } from "../../domain/errors.js";
import type { Access, DecodedMessage, Protocol, FrameSequence } from "../../protocol/session.js";
import type { Frame, Model, Operation } from "../../protocol/protocol.js";
import { noReplies, type PollReplies, takeReply, expectReply } from "./poll-replies.js";
import { unitWriter } from "./unit-writer.js";

/** A subscription or a write that takes longer than this is on a dead link (noble never settles it, ADR 9). */
const CALL_MS = 3_000;
/** KingSmith pads drop a frame too soon after a subscription; KS Fit leaves 100 ms and more (wire-facts b.7.2). */
const OPENING_GAP_MS = 100;
/** This many refused writes in a row are not transient any more. */
const REFUSALS = 3;
/** Replies that wait, as operations do behind them: the link takes none, or the pad sends more than can be answered. */
const MAX_REPLIES = 4;

export interface ConnectionDeps {
  readonly clock: Clock;
  /** The link is being closed: unsolicited frames are not written any more. */
  readonly gone: AbortSignal;
  /** `poll`: when the poll that a status answers was written, else null. */
  readonly onMessage: (message: DecodedMessage, poll: number | null) => void;
}

/** One connection: operations become frames, notifications become messages. */
export interface Connection {
  readonly link: Link;
  /** The initial access; changes come as messages. */
  readonly access: Access;
  /** Subscribes to the protocol's characteristics. Rejects with a BridgeError when the link does not support it. */
  listen(): Promise<void>;
  /**
   * Writes the frames of one operation to the link, in order, and reads its values; before each frame `isStillAllowed`
   * is called, and the rest is left out when it returns false. Settles within 3 s per frame. The caller writes one
   * operation at a time; only a stop may pass an unsettled one, and cuts it off.
   */
  write(operation: Operation, isStillAllowed: () => boolean): Promise<void>;
}

export const openConnection = (
  link: Link,
  protocol: Protocol,
  model: Model,
  imperial: boolean,
  { clock, gone, onMessage }: ConnectionDeps,
): Connection => {
  const bounded = { clock, ms: CALL_MS, signal: link.lost };
  const { name, services, properties } = link;
  const epoch = clock.wall() - clock.now();
  let talk = protocol.openSession({ name, services, properties, imperial, epoch }, model);
  const over = AbortSignal.any([link.lost, gone]);
  let replying = 0;
  let replies: PollReplies = noReplies;
  let refusals = 0;

  const received = (characteristic: string, bytes: Uint8Array): void => {
    const { session: next, messages, replies: units = [] } = talk.receive(characteristic, bytes, clock.now());
    talk = next;
    // A message may be the one that a stop waits for: it is handled first.
    for (const each of messages) onMessage(each, each.kind === "status" ? answered() : null);
    for (const unit of units) reply(unit);
  };

  /** A reply that is not sent is not reported: the next operation on the link shows the reason. */
  const reply = (unit: FrameSequence): void => {
    if (replying >= MAX_REPLIES) return;
    replying += 1;
    writer
      .write(unit, "replying", () => !over.aborted, talk.interrupt, over)
      .catch(() => undefined)
      .finally(() => (replying -= 1));
  };

  /** When the poll that a status answers was written. */
  const answered = (): number | null => {
    const now = clock.now();
    const answer = takeReply(replies, now);
    replies = answer.replies;
    // A machine that notifies by itself answers no poll: its status counts from its arrival (safety rule 7, FTMS).
    return model.quirks.pushes ? now : answer.poll;
  };

  const send = async ({ characteristic, bytes, response }: Frame, what: string): Promise<void> => {
    if (link.lost.aborted) throw lostReason(link);
    const written = link.write(characteristic, bytes, { signal: link.lost, response });
    await withTimeout(written, { ...bounded, what });
  };

  const { spacing } = model.quirks;
  const writer = unitWriter({
    clock,
    spacing,
    lost: link.lost,
    send: (frame, what) => (what === OPENING ? send(frame, what) : tolerant(send(frame, what))),
  });

  const subscribe = async (characteristic: string): Promise<void> => {
    const onBytes = (bytes: Uint8Array): void => received(characteristic, bytes);
    const subscribed = link.subscribe(characteristic, onBytes, { signal: link.lost });
    await withTimeout(subscribed, { ...bounded, what: `subscribing to ${characteristic}` });
  };

  /**
   * A machine that refuses one write has an intact link (ATT "procedure already in progress", b.3). One that keeps
   * refusing did not accept its subscriptions (ATT "CCCD improperly configured"): they are made again.
   */
  const tolerant = async (sent: Promise<void>): Promise<void> => {
    try {
      await sent;
      refusals = 0;
    } catch (thrown) {
      refusals += 1;
      if (model.quirks.ftms === null || refusals >= REFUSALS || !isRefusal(thrown)) throw thrown;
    }
  };

  /** Whether the value could be read; otherwise it is unknown. */
  const read = async (characteristic: string): Promise<boolean> => {
    const value = link.read(characteristic, { signal: link.lost });
    const what = `reading ${characteristic}`;
    const bytes = await withTimeout(value, { ...bounded, what }).catch(() => null);
    if (link.lost.aborted) throw lostReason(link);
    if (bytes) received(characteristic, bytes);
    return bytes !== null;
  };

  return {
    link,
    access: talk.access,
    async listen() {
      for (const [index, step] of talk.opening.entries()) {
        if (index > 0) await sleep(clock, OPENING_GAP_MS, link.lost);
        if (step.do === "subscribe") await subscribe(step.characteristic);
        else await writer.write([step.frame], OPENING, () => true, talk.interrupt);
      }
    },
    async write(operation, isStillAllowed) {
      const now = clock.now();
      replies = expectReply(replies, operation, now);
      const [unit, reads, what] = [
        talk.frames(operation, now),
        talk.reads(operation),
        `writing ${operation.op}`,
      ];
      talk = talk.onWritten(operation, now);
      const { interrupt } = talk;
      if (operation.op === "stop" || operation.op === "pause") await writer.cutIn(unit, what, interrupt);
      else await writer.write(unit, what, isStillAllowed, interrupt);
      for (const characteristic of reads) {
        if (!isStillAllowed()) return;
        const alive = await read(characteristic);
        if (alive && operation.op === "poll") onMessage({ kind: "alive" }, null);
      }
    },
  };
};

const OPENING = "opening the connection";

const isRefusal = (error: unknown): boolean => error instanceof BridgeError && error.code === "write-failed";

/** Why a link is gone, as the radio reported it. */
export const lostReason = (link: Link): BridgeError =>
  link.lost.reason instanceof BridgeError
    ? link.lost.reason
    : new BridgeError("link-lost", "The Bluetooth link was lost.", { cause: link.lost.reason });
