import { connectAsync, type IClientOptions, type MqttClient } from "mqtt";

export interface Recorded {
  readonly topic: string;
  readonly payload: string;
  readonly bytes: Uint8Array;
  readonly retain: boolean;
  readonly qos: number;
  /** Epoch milliseconds of its arrival. */
  readonly at: number;
}

interface ProbeOptions {
  /** What to listen to; default: everything. */
  readonly topics?: readonly string[];
  readonly username?: string;
  readonly password?: string;
  readonly clientId?: string;
  readonly protocolVersion?: 4 | 5;
  readonly will?: NonNullable<IClientOptions["will"]>;
}

type Matcher = string | ((message: Recorded) => boolean);

const matches = (matcher: Matcher, message: Recorded): boolean =>
  typeof matcher === "string" ? message.topic === matcher : matcher(message);

interface Waiter {
  readonly matcher: Matcher;
  readonly found: (message: Recorded) => void;
}

/**
 * A plain MQTT client for tests: it writes down every message that it sees. It comes back by itself when the broker
 * does, subscriptions included.
 */
export class MqttProbe {
  readonly messages: Recorded[] = [];
  readonly client: MqttClient;
  readonly #waiters = new Set<Waiter>();

  private constructor(client: MqttClient) {
    this.client = client;
    // MQTT.js throws an error event without a listener.
    client.on("error", () => undefined);
    client.on("message", (topic, bytes, { retain, qos }) =>
      this.#record({ topic, bytes, payload: bytes.toString(), retain, qos, at: Date.now() }),
    );
  }

  /** Resolves when every topic is subscribed. */
  static async connect(url: string, options: ProbeOptions = {}): Promise<MqttProbe> {
    const { topics = ["#"], ...rest } = options;
    const client = await connectAsync(url, { reconnectPeriod: 100, ...rest }, false);
    const probe = new MqttProbe(client);
    if (topics.length > 0) await client.subscribeAsync([...topics], { qos: 1 });
    return probe;
  }

  /** Resolves when the broker has acknowledged it. */
  async publish(
    topic: string,
    payload: string | Buffer | object,
    { retain = false, qos = 1 }: { retain?: boolean; qos?: 0 | 1 } = {},
  ): Promise<void> {
    const body = typeof payload === "string" || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload);
    await this.client.publishAsync(topic, body, { retain, qos });
  }

  /** A place in the record: `until(..., mark)` looks only at what comes after it. */
  mark(): number {
    return this.messages.length;
  }

  /** Everything seen on a topic, or matching, oldest first. */
  all(matcher: Matcher, from = 0): Recorded[] {
    return this.messages.slice(from).filter((message) => matches(matcher, message));
  }

  last(matcher: Matcher): Recorded | undefined {
    return this.all(matcher).at(-1);
  }

  /** The first match among what was recorded since `from`, or the next to come; rejects after `ms`. */
  until(matcher: Matcher, ms: number, from = 0): Promise<Recorded> {
    const known = this.all(matcher, from)[0];
    if (known) return Promise.resolve(known);
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        matcher,
        found: (message) => {
          clearTimeout(timer);
          this.#waiters.delete(waiter);
          resolve(message);
        },
      };
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(
          new Error(
            `no such message within ${ms} ms: ${matcher.toString()}\nseen since: ${this.#seen(from)}`,
          ),
        );
      }, ms);
      this.#waiters.add(waiter);
    });
  }

  /** Disconnects; `force` leaves without a word, so that its will is published. */
  async close(force = false): Promise<void> {
    if (force) this.client.stream.destroy();
    await this.client.endAsync(true);
  }

  #record(message: Recorded): void {
    this.messages.push(message);
    for (const waiter of [...this.#waiters]) if (matches(waiter.matcher, message)) waiter.found(message);
  }

  #seen(from: number): string {
    const lines = this.messages.slice(from).map(({ topic, payload, retain }) => {
      return `  ${topic}${retain ? " (retained)" : ""} ${payload.slice(0, 200)}`;
    });
    return lines.length > 0 ? `\n${lines.slice(-40).join("\n")}` : "nothing";
  }
}
