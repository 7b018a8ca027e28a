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
  /** Hands the frames of one operation to the link, in order. Settles within 3 s a frame. The caller keeps to one at a time. */
  write(operation: Operation): Promise<void>;
}

/** Subscribes to what the protocol listens to. Rejects with a BridgeError when the link does not bear it. */
export const openConnection = async (
  link: Link,
  protocol: Protocol,
  model: Model,
  deps: DriverDeps,
): Promise<Connection> => {
  const { clock, onMessage } = deps;
  let pending: Uint8Array = new Uint8Array();
  let replies: Replies = noReplies;

  const received = (characteristic: string, bytes: Uint8Array): void => {
    const decoded = protocol.decode(pending, characteristic, bytes);
    pending = decoded.pending;
    for (const message of decoded.messages) {
      if (message.kind !== "status") {
        onMessage(message, null);
        continue;
      }
      const answer = took(replies, clock.now());
      replies = answer.replies;
      // A machine that notifies by itself answers nobody: its status counts from when it came (contract rule 7, FTMS).
      onMessage(message, model.quirks.poll === null ? clock.now() : answer.poll);
    }
  };

  const bounded = { clock, ms: CALL_MS, signal: link.lost };
  const offered = link.services.get(protocol.service) ?? [];
  for (const characteristic of protocol.notify.filter((uuid) => offered.includes(uuid))) {
    const subscribed = link.subscribe(characteristic, (bytes) => received(characteristic, bytes), {
      signal: link.lost,
    });
    await settle(subscribed, { ...bounded, what: `subscribing to ${characteristic}` });
  }

  return {
    link,
    async write(operation) {
      const frames = protocol.encode(operation, model);
      replies = wrote(replies, operation, clock.now());
      for (const { characteristic, bytes, response } of frames) {
        if (link.lost.aborted) throw lostReason(link);
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
