import type { Clock } from "../../src/clock.js";
import { systemClock } from "../../src/clock.js";
import type { Logger } from "../../src/log/log.js";
import type { Broker, BrokerDeps, BrokerOptions, InMessage } from "../../src/mqtt/client/broker.js";
import { connectBroker } from "../../src/mqtt/client/mqttjs.js";
import { Waiters } from "../support/waiters.js";

interface Line {
  readonly level: "trace" | "debug" | "info" | "warn" | "error" | "fatal";
  readonly fields: object;
  readonly message: string;
}

/** Log lines and the broker's calls in the order they came, and a way to wait for one. */
export class Journal {
  readonly lines: Line[] = [];
  readonly messages: InMessage[] = [];
  readonly lost: string[] = [];
  /** The refused subscriptions of each SUBACK. */
  readonly refused: (readonly string[])[] = [];
  ready = 0;
  readonly #waiters = new Waiters();

  readonly log: Logger = {
    trace: (fields, message) => this.#line("trace", fields, message),
    debug: (fields, message) => this.#line("debug", fields, message),
    info: (fields, message) => this.#line("info", fields, message),
    warn: (fields, message) => this.#line("warn", fields, message),
    error: (fields, message) => this.#line("error", fields, message),
    fatal: (fields, message) => this.#line("fatal", fields, message),
    child: () => this.log,
  };

  at(level: Line["level"]): Line[] {
    return this.lines.filter((line) => line.level === level);
  }

  note(change: () => void): void {
    change();
    this.#waiters.changed();
  }

  /** Resolves when the condition holds, looking again whenever something is written down; rejects after `ms`. */
  until(condition: (journal: Journal) => boolean, ms = 10_000): Promise<void> {
    const lines = (): string =>
      this.lines
        .map(({ level, fields, message }) => `${level} ${message} ${JSON.stringify(fields)}`)
        .join("\n");
    return this.#waiters.until(
      () => condition(this),
      ms,
      () => `${condition.toString()}\n${lines()}`,
    );
  }

  #line(level: Line["level"], fields: object, message: string): void {
    this.note(() => this.lines.push({ level, fields, message }));
  }
}

export interface ClientUnderTest {
  readonly broker: Broker;
  readonly journal: Journal;
}

export const WILL = {
  topic: "w/bridge/state",
  payload: '{"state":"offline"}',
  retain: true,
  qos: 1,
} as const;
export const TOPICS = ["w/+/set", "w/bridge/state", "home/status"];

/** A connection as src/mqtt/bridge.ts opens it. */
export const clientUnderTest = (
  url: string,
  options: Partial<BrokerOptions> = {},
  deps: Partial<BrokerDeps> & { readonly clock?: Clock } = {},
): ClientUnderTest => {
  const journal = new Journal();
  const clock = deps.clock ?? systemClock();
  const broker = connectBroker(
    {
      url,
      username: null,
      password: null,
      ca: null,
      cert: null,
      key: null,
      rejectUnauthorized: true,
      clientId: "w2m-test",
      protocolVersion: "auto",
      keepalive: 30,
      will: WILL,
      subscriptions: TOPICS.map((topic) => ({ topic, qos: 1 as const })),
      ...options,
    },
    {
      clock,
      log: journal.log,
      random: () => 0,
      arrived: () => clock.now(),
      ...deps,
      onMessage: (message) => {
        journal.note(() => journal.messages.push(message));
        deps.onMessage?.(message);
      },
      onSubscribed: (refused) => {
        journal.note(() => journal.refused.push(refused));
        deps.onSubscribed?.(refused);
      },
      onReady: () => {
        journal.note(() => (journal.ready += 1));
        deps.onReady?.();
      },
      onLost: (reason) => {
        journal.note(() => journal.lost.push(reason));
        deps.onLost?.(reason);
      },
    },
  );
  return { broker, journal };
};
