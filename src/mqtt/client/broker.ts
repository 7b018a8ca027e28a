import type { Clock } from "../../clock.js";
import type { Logger } from "../../log/log.js";
import type { Screened } from "./packet-filter.js";

export interface OutMessage {
  readonly topic: string;
  readonly payload: string | Uint8Array;
  readonly retain: boolean;
  readonly qos: 0 | 1;
  /** A newer value of its retained topic is sent after it and does not replace it. */
  readonly mustBeSeen?: boolean;
  /** Among the last to be dropped when the queue is full. */
  readonly important?: boolean;
  /** For the log: what is missing while the broker does not take it. */
  readonly missing?: string;
  /** Sent if the broker does not take this one. */
  readonly instead?: OutMessage;
}

export interface InMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** The broker had stored it before the subscription: it may be old. */
  readonly retain: boolean;
  /** Redelivered by the broker, or by the sender: it may have been handled already. */
  readonly dup: boolean;
  /** When it arrived, on the clock; it may have waited for others since. */
  readonly arrived: number;
  /** Its place in the order of arrival; of a message that is handled ahead, that of the last one before it. */
  readonly place?: number;
  /** It is handled before messages that arrived earlier. */
  readonly ahead?: true;
}

export interface Subscription {
  readonly topic: string;
  readonly qos: 0 | 1;
  /** MQTT 5: the client does not receive its own messages on this topic. */
  readonly noLocal?: boolean;
}

export interface BrokerCounters {
  /** Messages acknowledged by the broker (QoS 1) or handed to the socket (QoS 0). */
  readonly published: number;
  /** Unread ones included. */
  readonly received: number;
  /** Times the connection was ready again after the first. */
  readonly reconnects: number;
  /** Messages that wait for the connection, and messages that wait for their PUBACK. */
  readonly queued: number;
  readonly inFlight: number;
  /** Dropped messages: too old, too many, too large or refused by the broker. */
  readonly dropped: number;
}

/** A connection to the broker that is restored after each loss. No call throws, rejects or waits without a bound. */
export interface Broker {
  /** CONNACK received and every subscription answered. */
  readonly connected: boolean;
  /**
   * Queues a message. Without a connection, or behind a slow one, the last value of each retained topic waits, and
   * after all of those the messages that are not retained, in order, at most 2000 of them (4 MB) for at most 60 s. A
   * message at which the broker closes two connections in a row is dropped.
   */
  publish(message: OutMessage): void;
  /**
   * As `publish`. True once the broker has acknowledged it; false at the deadline, and at once without a connection,
   * when the connection is lost, or when a newer value of the topic replaces it.
   */
  publishAcknowledged(message: OutMessage, withinMs: number): Promise<boolean>;
  /** Sends pending messages, disconnects; at the deadline closes the socket at once. Idempotent. */
  close(withinMs: number): Promise<void>;
  counters(): BrokerCounters;
}

export interface BrokerOptions {
  /** mqtt:// mqtts:// ws:// or wss://; its user and password are used where `username` is null. */
  readonly url: string;
  readonly username: string | null;
  readonly password: string | null;
  /** PEM text. */
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
  readonly rejectUnauthorized: boolean;
  readonly clientId: string;
  readonly protocolVersion: "auto" | "5" | "4";
  /** Seconds; 0 disables it. */
  readonly keepalive: number;
  readonly will: OutMessage;
  readonly subscriptions: readonly Subscription[];
}

export interface BrokerDeps {
  /** May come before `onReady`: a stop does not wait for the SUBACK. */
  onMessage(message: InMessage): void;
  /** When the data that is read now arrived, on the clock: after a stall earlier than now (safety rule 2). */
  readonly arrived: () => number;
  /**
   * Called for each live message before it is parsed; `behind`: many messages wait in front of it. Absent: all are
   * handled.
   */
  readonly screen?: (topic: string, payload: Uint8Array, behind: boolean) => Screened;
  /** A message on this topic was dropped unread, as `screen` decided. */
  readonly onUnread?: (topic: string) => void;
  /**
   * The topic filters that the broker refuses, usually none: before each `onReady`, and again when a refused one, which
   * is requested again each minute, is granted.
   */
  onSubscribed(refused: readonly string[]): void;
  /** On every connect, when all subscriptions are answered. Its messages are sent ahead of the queue. */
  onReady(): void;
  /** Once for each `onReady`, when that connection is gone; not after `close`. */
  onLost(reason: string): void;
  readonly clock: Clock;
  readonly log: Logger;
  /** 0 to 1, for the jitter of retries. */
  readonly random?: () => number;
}
