import type { Link } from "../ble/radio.js";
import { settle } from "../ble/settle.js";
import type { Clock } from "../clock.js";
import { BridgeError } from "../domain/errors.js";
import type { Message, Model, Operation, Protocol } from "../protocol/protocol.js";
import { noReplies, type Replies, took, wrote } from "./replies.js";

/** A subscription or a write that takes longer than this has met a dead link (noble never settles it, design 5). */
const CALL_MS = 3_000;

export interface DriverDeps {
  readonly clock: Clock;
  /** `poll` is when the poll that a status answers was written, else null. */
  readonly onMessage: (message: Message, poll: number | null) => void;
}

/** One connection: operations become frames, notifications become messages. */
export interface Connection {
  readonly link: Link;
  /** Subscribes to what the protocol listens to. Rejects with a BridgeError when the link does not bear it. */
  listen(): Promise<void>;
  /**
   * Hands the frames of one operation to the link, in order. Settles within 3 s a frame. The caller keeps to one at a
   * time; only a stop may pass one that has not settled, and what is left of that one is then not written.
   */
  write(operation: Operation): Promise<void>;
}

export const openConnection = (
  link: Link,
  protocol: Protocol,
  model: Model,
  { clock, onMessage }: DriverDeps,
): Connection => {
  const bounded = { clock, ms: CALL_MS, signal: link.lost };
  let pending: Uint8Array = new Uint8Array();
  let replies: Replies = noReplies;
  let stops = 0;

  const received = (characteristic: string, bytes: Uint8Array): void => {
    const decoded = protocol.decode(pending, characteristic, bytes);
    pending = decoded.pending;
    for (const message of decoded.messages) onMessage(message, message.kind === "status" ? answered() : null);
  };

  /** When the poll that a status answers was written. */
  const answered = (): number | null => {
    const now = clock.now();
    const answer = took(replies, now);
    replies = answer.replies;
    // A machine that notifies by itself answers nobody: its status counts from when it came (contract rule 7, FTMS).
    return model.quirks.poll === null ? now : answer.poll;
  };

  return {
    link,
    async listen() {
      const offered = link.services.get(protocol.service) ?? [];
      for (const characteristic of protocol.notify.filter((uuid) => offered.includes(uuid))) {
        const hear = (bytes: Uint8Array): void => received(characteristic, bytes);
        const subscribed = link.subscribe(characteristic, hear, { signal: link.lost });
        await settle(subscribed, { ...bounded, what: `subscribing to ${characteristic}` });
      }
    },
    async write(operation) {
      if (operation.op === "stop" || operation.op === "pause") stops += 1;
      const before = stops;
      replies = wrote(replies, operation, clock.now());
      for (const { characteristic, bytes, response } of protocol.encode(operation, model)) {
        if (link.lost.aborted) throw lostReason(link);
        if (stops !== before) return;
        const written = link.write(characteristic, bytes, { signal: link.lost, response });
        await settle(written, { ...bounded, what: `writing ${operation.op}` });
      }
    },
  };
};

/** Why a link is gone, as the radio said it. */
export const lostReason = (link: Link): BridgeError =>
  link.lost.reason instanceof BridgeError
    ? link.lost.reason
    : new BridgeError("link-lost", "The Bluetooth link was lost.", { cause: link.lost.reason });
