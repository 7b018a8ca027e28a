import type { MqttProbe, Recorded } from "../support/mqtt-probe.js";

/** Enough for a program that starts beside nine others on two cores. */
export const START_MS = 20_000;

export interface PadWords {
  readonly belt: string;
  readonly running: string | null;
  readonly speed: number | null;
  readonly link: string;
  readonly stop_confirmed: boolean;
  readonly problem: string | null;
  readonly target_speed: number | null;
  readonly incline: number | null;
}

export interface Result {
  readonly id: string | number | null;
  readonly command: string | null;
  readonly value: unknown;
  readonly status: string;
  readonly code: string | null;
  readonly message: string | null;
  readonly took_ms: number;
}

export const parsed = ({ payload }: { readonly payload: string }): unknown => JSON.parse(payload);
export const wordsOf = (message: Pick<Recorded, "payload">): PadWords => parsed(message) as PadWords;
const resultOf = (message: Recorded): Result => parsed(message) as Result;

/** What one pad shows on the broker, and how to ask something of it. */
export class PadOnBroker {
  readonly topic: string;
  readonly #probe: MqttProbe;

  constructor(probe: MqttProbe, id: string, base = "walkingpad2mqtt") {
    this.#probe = probe;
    this.topic = `${base}/${id}`;
  }

  states(from = 0): PadWords[] {
    return this.#probe.all(`${this.topic}/state`, from).map(wordsOf);
  }

  last(): PadWords | undefined {
    return this.states().at(-1);
  }

  /** The first state since `from` that is so. */
  async until(so: (state: PadWords) => boolean, ms: number, from = 0): Promise<Recorded> {
    const isIt = (message: Recorded): boolean =>
      message.topic === `${this.topic}/state` && so(wordsOf(message));
    return this.#probe.until(isIt, ms, from).catch((error: unknown) => {
      throw new Error(`${this.topic}: not ${so.toString()}`, { cause: error });
    });
  }

  online(ms = START_MS, from = 0): Promise<Recorded> {
    return this.#probe.until(
      ({ topic, payload }) => topic === `${this.topic}/availability` && payload.includes("online"),
      ms,
      from,
    );
  }

  async send(key: string, value: string, options: { readonly retain?: boolean } = {}): Promise<void> {
    await this.#probe.publish(`${this.topic}/set/${key}`, value, options);
  }

  results(from = 0): Result[] {
    return this.#probe.all(`${this.topic}/result`, from).map(resultOf);
  }

  /** Sends one command and waits for its result. */
  async ask(message: Readonly<Record<string, unknown>>, ms = 25_000): Promise<Result> {
    const id = `ask-${Math.random()}`;
    const from = this.#probe.mark();
    await this.#probe.publish(`${this.topic}/set`, { ...message, id });
    const isIt = (each: Recorded): boolean =>
      each.topic === `${this.topic}/result` && resultOf(each).id === id;
    return resultOf(await this.#probe.until(isIt, ms, from));
  }

  /** Starts the belt and waits until it moves at `kmh` or more. */
  async walk(kmh = 1): Promise<void> {
    await this.online();
    await this.send("belt", "ON");
    await this.until(({ speed }) => (speed ?? 0) >= kmh, 20_000);
  }
}

/** Speeds of the states since `from`, null left out. */
export const speeds = (pad: PadOnBroker, from = 0): number[] =>
  pad.states(from).flatMap(({ speed }) => (speed === null ? [] : [speed]));

export const isFalling = (list: readonly number[]): boolean =>
  list.every((speed, index) => index === 0 || speed <= (list[index - 1] ?? 0));
