import type { InMessage, OutMessage } from "./broker.js";
import type { DisconnectReason } from "./disconnect-reason.js";

/** MQTT 5, or 3.1.1 by its protocol level. */
export type Version = 4 | 5;

/** The broker's limits; a larger packet, or one more in flight, would make it close the connection. */
export interface BrokerLimits {
  readonly receiveMaximum: number;
  readonly maximumPacketSize: number;
}

/** No event follows `drop` or `end`; `onClosed` comes once at most, and last. */
export interface ConnectionEvents {
  /**
   * The topic filters that the broker refuses: before `onOpen`, and again whenever a repeated request changed
   * something.
   */
  onSubscribed(refused: readonly string[]): void;
  onOpen(limits: BrokerLimits): void;
  onMessage(message: InMessage): void;
  /** A message was dropped unread. */
  onUnread(topic: string): void;
  onClosed(reason: DisconnectReason): void;
}

/** One connection, never reused: nothing of it is sent again after it is gone. */
export interface Connection {
  /** Calls `settled` when the broker has acknowledged (QoS 1) or the socket has taken it (QoS 0); maybe never. */
  send(message: OutMessage, settled: (error: Error | null) => void): void;
  end(withinMs: number): Promise<void>;
  drop(): void;
}

/** Starts a connection; never throws, and its first event comes later. */
export type OpenConnection = (version: Version, events: ConnectionEvents) => Connection;
