import type { Broker, BrokerCounters, BrokerDeps, OutMessage } from "./broker.js";
import type { BrokerLimits, Connection, OpenConnection } from "./connection.js";
import { describe, type DisconnectReason } from "./disconnect-reason.js";
import { DropLog } from "./drop-log.js";
import { type DropReason, type QueueEntry, PublishQueue, QUEUE_LIMITS } from "./publish-queue.js";
import { afterDisconnect, startPolicy, type ReconnectState } from "./reconnect-policy.js";

/**
 * Below Mosquitto's default max_inflight_messages of 20: beyond it the broker would queue messages that this client
 * merges.
 */
const IN_FLIGHT = 16;
/** For a broker that takes messages and acknowledges none; seen with keepalive answered or off. */
const ACK_TIMEOUT_MS = 30_000;
const ACK_CHECK_MS = 5_000;

interface BrokerClientOptions {
  readonly protocolVersion: "auto" | "5" | "4";
  readonly clientId: string;
  /** The broker's address without secrets. */
  readonly shown: string;
}

/** Keeps one connection to the broker, with the publish queue behind it. */
export class BrokerClient implements Broker {
  readonly #options: BrokerClientOptions;
  readonly #deps: BrokerDeps;
  readonly #open: OpenConnection;
  readonly #queue: PublishQueue;
  #policy: ReconnectState;
  #connection: Connection | null = null;
  #limits: BrokerLimits | null = null;
  #readyAt = 0;
  #busy = false;
  #closing: Promise<void> | null = null;
  #idle: (() => void) | null = null;
  #cancelRetry: () => void = () => undefined;
  #cancelCheck: () => void = () => undefined;
  #opened = 0;
  #published = 0;
  #received = 0;
  readonly #drops: DropLog;

  constructor(options: BrokerClientOptions, deps: BrokerDeps, open: OpenConnection) {
    this.#options = options;
    this.#deps = deps;
    this.#open = open;
    this.#policy = startPolicy(options.protocolVersion);
    this.#drops = new DropLog(deps.log);
    this.#queue = new PublishQueue(QUEUE_LIMITS, (entry, why) => this.#gaveUp(entry, why));
  }

  get connected(): boolean {
    return this.#limits !== null;
  }

  start(): void {
    this.#connect();
  }

  publish(message: OutMessage): void {
    if (this.#closing) return;
    this.#queue.put(message, this.#deps.clock.now());
    this.#pump();
  }

  publishAcknowledged(message: OutMessage, withinMs: number): Promise<boolean> {
    if (!this.connected || this.#closing) {
      this.publish(message);
      return Promise.resolve(false);
    }
    return new Promise((resolve) => {
      const cancel = this.#deps.clock.after(withinMs, () => resolve(false));
      this.#queue.put(message, this.#deps.clock.now(), (delivered) => {
        cancel();
        resolve(delivered);
      });
      this.#pump();
    });
  }

  close(withinMs: number): Promise<void> {
    this.#closing ??= this.#shut(withinMs);
    return this.#closing;
  }

  counters(): BrokerCounters {
    return {
      published: this.#published,
      received: this.#received,
      reconnects: Math.max(0, this.#opened - 1),
      queued: this.#queue.waiting,
      inFlight: this.#queue.inFlight,
      dropped: this.#drops.count,
    };
  }

  #connect(): void {
    const connection: Connection = this.#open(this.#policy.version, {
      onSubscribed: (refused) => this.#guarded("the SUBACK", () => this.#deps.onSubscribed(refused)),
      onOpen: (limits) => this.#ready(limits),
      onMessage: (message) => {
        this.#received += 1;
        this.#guarded("a message", () => this.#deps.onMessage(message));
      },
      onUnread: (topic) => {
        this.#received += 1;
        this.#deps.onUnread?.(topic);
      },
      onClosed: (reason) => this.#lost(reason),
    });
    this.#connection = connection;
  }

  #ready(limits: BrokerLimits): void {
    const { clock, log } = this.#deps;
    this.#limits = limits;
    this.#readyAt = clock.now();
    this.#opened += 1;
    this.#drops.connected();
    this.#cancelCheck = clock.every(ACK_CHECK_MS, () => this.#checkAcks());
    const version = this.#policy.version === 5 ? "5" : "3.1.1";
    log.info({ broker: this.#options.shown, mqtt: version }, "Connected to the broker");
    this.#busy = true;
    this.#queue.ahead(() => this.#guarded("the connect", () => this.#deps.onReady()));
    this.#busy = false;
    this.#pump();
  }

  #lost(reason: DisconnectReason): void {
    const { clock, log, random = Math.random } = this.#deps;
    const readyMs = this.connected ? clock.now() - this.#readyAt : null;
    this.#dropConnection();
    if (this.#closing) return;
    const decision = afterDisconnect(this.#policy, reason, readyMs, random());
    this.#policy = decision.policy;
    const fields = {
      broker: this.#options.shown,
      clientId: this.#options.clientId,
      retryInMs: decision.delayMs,
    };
    log[decision.level](decision.advice ? { ...fields, advice: decision.advice } : fields, decision.message);
    this.#cancelRetry = clock.after(decision.delayMs, () => this.#connect());
    if (readyMs !== null) this.#guarded("the loss", () => this.#deps.onLost(describe(reason)));
  }

  /** The connection is gone; undelivered messages go back into the queue. */
  #dropConnection(): void {
    this.#connection = null;
    this.#limits = null;
    this.#cancelCheck();
    this.#queue.lost(this.#deps.clock.now());
    this.#idle?.();
  }

  #pump(): void {
    const [connection, limits] = [this.#connection, this.#limits];
    if (!connection || !limits || this.#busy) return;
    // A QoS 0 message may be settled while it is sent: the loop continues instead of nesting.
    this.#busy = true;
    const window = Math.min(IN_FLIGHT, limits.receiveMaximum);
    while (this.#queue.inFlight < window) {
      const entry = this.#queue.take(this.#deps.clock.now());
      if (!entry) break;
      if (entry.bytes > limits.maximumPacketSize)
        this.#refused(entry, `larger than the ${limits.maximumPacketSize} bytes that the broker accepts`);
      else connection.send(entry.message, (error) => this.#settled(connection, entry, error));
    }
    this.#busy = false;
    if (this.#queue.inFlight + this.#queue.waiting === 0) this.#idle?.();
  }

  #settled(connection: Connection, entry: QueueEntry, error: Error | null): void {
    if (connection !== this.#connection) return;
    if (error) this.#refused(entry, error.message);
    else {
      this.#published += 1;
      this.#queue.settled(entry, true);
    }
    this.#pump();
  }

  #refused(entry: QueueEntry, why: string): void {
    this.#queue.settled(entry, false);
    this.#drops.refused(entry, why);
    if (entry.message.instead) this.publish(entry.message.instead);
  }

  #gaveUp(entry: QueueEntry, why: DropReason): void {
    // The reason of the losses is now known: they do not count against the connection.
    if (why === "connection lost twice while it was sent") this.#policy = { ...this.#policy, streak: 0 };
    this.#drops.gaveUp(entry, why);
    if (entry.message.instead) this.publish(entry.message.instead);
  }

  #checkAcks(): void {
    const oldest = this.#queue.oldestSentAt;
    if (oldest === null || this.#deps.clock.now() - oldest < ACK_TIMEOUT_MS) return;
    this.#connection?.drop();
    this.#lost({ kind: "lost", detail: `no acknowledgement for ${ACK_TIMEOUT_MS / 1000} s` });
  }

  async #shut(withinMs: number): Promise<void> {
    const { clock } = this.#deps;
    const until = clock.now() + withinMs;
    this.#cancelRetry();
    if (this.connected) await this.#drained(withinMs);
    const connection = this.#connection;
    const open = this.connected;
    this.#dropConnection();
    if (open) await connection?.end(Math.max(0, until - clock.now()));
    else connection?.drop();
  }

  /** Resolves when the queue is empty, the connection is lost, or the time is up. */
  #drained(withinMs: number): Promise<void> {
    if (this.#queue.inFlight + this.#queue.waiting === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#deps.clock.after(withinMs, () => this.#idle?.());
      this.#idle = () => {
        this.#idle = null;
        cancel();
        resolve();
      };
    });
  }

  /** Errors of the bridge's own handlers must not reach the parser that called them. */
  #guarded(what: string, run: () => void): void {
    try {
      run();
    } catch (err) {
      this.#deps.log.error({ err }, `Error while handling ${what} of the broker`);
    }
  }
}
