import type { Clock } from "../../clock.js";
import type { Logger } from "../../log/log.js";
import type { Screened } from "./packet-filter.js";

export interface OutMessage {
  readonly topic: string;
  readonly payload: string | Uint8Array;
  readonly retain: boolean;
  readonly qos: 0 | 1;
  /** A newer value of its retained topic comes after it and does not replace it. */
  readonly mustBeSeen?: boolean;
  /** The last to be dropped when the queue is full. */
  readonly important?: boolean;
  /** For people: what is missing as long as the broker does not take it. */
  readonly missing?: string;
  /** Sent where the broker does not take this one. */
  readonly instead?: OutMessage;
}

export interface InMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** The broker had it stored before we subscribed: nobody asks for it now. */
  readonly retain: boolean;
  /** Sent again by the broker, or by the sender through it: perhaps handled already. */
  readonly dup: boolean;
  /** Handled before others that came before it, or after such a one that came after it. Absent: in its turn. */
  readonly order?: "ahead" | "overtaken";
}

export interface Subscription {
  readonly topic: string;
  readonly qos: 0 | 1;
  /** MQTT 5: what this client publishes there does not come back to it. */
  readonly noLocal?: boolean;
}

export interface BrokerCounters {
  /** Messages acknowledged by the broker (QoS 1) or handed to the socket (QoS 0). */
  readonly published: number;
  /** Those included that were left unread. */
  readonly received: number;
  /** Times the connection was made ready again after the first. */
  readonly reconnects: number;
  /** Messages that wait for the connection, and those that wait for their PUBACK. */
  readonly queued: number;
  readonly inFlight: number;
  /** Messages given up: too old, too many, too large or refused by the broker. */
  readonly dropped: number;
}

/** A connection to the broker that keeps coming back. No call throws, rejects or waits without a bound. */
export interface Broker {
  /** CONNACK received and every subscription answered. */
  readonly connected: boolean;
  /**
   * Hands a message over. Without a connection, or behind a slow one, the last value of a retained topic waits, and
   * behind all of those messages that are not retained, in order, at most 2000 of them (4 MB) for at most 60 s. A
   * message at which the broker ends two connections in a row is given up.
   */
  publish(message: OutMessage): void;
  /**
   * As `publish`. True once the broker has acknowledged it; false at the deadline, and at once without a
   * connection, when the connection is lost, or when a newer value of the topic takes its place.
   */
  publishAcknowledged(message: OutMessage, withinMs: number): Promise<boolean>;
  /** Sends what still waits, says goodbye, lets go; at the deadline without ceremony. Idempotent. */
  close(withinMs: number): Promise<void>;
  counters(): BrokerCounters;
}

export interface BrokerOptions {
  /** mqtt:// mqtts:// ws:// or wss://; a user and password in it serve where `username` is null. */
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
  /** Seconds; 0 turns it off. */
  readonly keepalive: number;
  readonly will: OutMessage;
  readonly subscriptions: readonly Subscription[];
}

export interface BrokerDeps {
  /** May come before `onReady`: a stop does not wait for the SUBACK. */
  onMessage(message: InMessage): void;
  /** Asked for each live message before it is parsed; `behind`: many wait in front of it. Absent: all are handled. */
  readonly screen?: (topic: string, payload: Uint8Array, behind: boolean) => Screened;
  /** A message on this topic was left unread, as `screen` wished. */
  readonly onUnread?: (topic: string) => void;
  /**
   * The topic filters that the broker refuses, mostly none: before each `onReady`, and again when a refused one, which
   * is asked for again each minute, is granted after all.
   */
  onSubscribed(refused: readonly string[]): void;
  /** On every connect, when all subscriptions are answered. What it publishes goes ahead of what waited. */
  onReady(): void;
  /** Once for each `onReady`, when that connection is gone; not after `close`. */
  onLost(reason: string): void;
  readonly clock: Clock;
  readonly log: Logger;
  /** 0 to 1, for the jitter of retries. */
  readonly random?: () => number;
}
