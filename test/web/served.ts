import { once } from "node:events";
import { type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import type { TestContext } from "vitest";
import type { InfoPayload } from "../../src/api/page.js";
import type { PadPortEvent, PadPort } from "../../src/api/pad-port.js";
import type { CommandRequest, Outcome } from "../../src/domain/command.js";
import type { Logger } from "../../src/log/log.js";
import type { PadState } from "../../src/domain/state.js";
import { HttpError, type WebDeps, type WebSettings } from "../../src/web/ports.js";
import { Web } from "../../src/web/web.js";
import { ManualClock } from "../support/clock.js";
import { freePort } from "../support/mosquitto.js";
import { quiet } from "../support/pad-rig.js";
import { WALKING } from "../support/pad-state.js";
import { speedFromKmh } from "../../src/domain/units.js";

/** A pad at the port: what it was asked, and what it shows. */
class PortedPad implements PadPort {
  readonly settings = { id: "office", name: `<img onerror="alert(1)">`, address: "57:4c:4e:00:00:01" };
  readonly asked: (CommandRequest & { readonly arrived: number; readonly stale: Outcome | null })[] = [];
  state: PadState = WALKING;
  readonly #listeners = new Set<Parameters<PadPort["subscribe"]>[0]>();

  view(): ReturnType<PadPort["view"]> {
    const capabilities = {
      minSpeed: speedFromKmh(0.5),
      maxSpeed: speedFromKmh(6),
      step: speedFromKmh(0.1),
      modes: ["manual", "auto", "standby"],
      incline: null,
      heartRate: false,
      steps: true,
      imperial: false,
    } as const;
    const identity = { protocol: "wilink", model: "C2", capabilities, bound: null } as const;
    return { available: true, state: this.state, stats: null, identity };
  }

  subscribe(listener: Parameters<PadPort["subscribe"]>[0]): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  submit(requests: readonly CommandRequest[], arrived: number, stale: Outcome | null): void {
    this.asked.push(...requests.map((one) => ({ ...one, arrived, stale })));
  }

  shows(state: Partial<PadState>): void {
    this.state = { ...this.state, ...state };
    for (const listener of this.#listeners) listener.changed(this.view());
  }

  happened(event: PadPortEvent): void {
    for (const listener of this.#listeners) listener.happened(event);
  }
}

export interface Served {
  readonly web: Web;
  readonly port: number;
  readonly pad: PortedPad;
  readonly clock: ManualClock;
  readonly ended: string[];
  readonly logged: string[];
  info: InfoPayload;
}

export const INFO: InfoPayload = {
  version: "0",
  started_at: "2026-11-22T10:00:00.000Z",
  radio: { state: "on", advice: null },
  store: { state: "ok", advice: null },
  mqtt: { state: "ok", advice: null },
  web: { state: "on", url: null, advice: null },
  pads: [],
  config: {
    mqtt: { url: "", base_topic: "" },
    bluetooth: { radio: "noble" },
    session: { min_duration: 30 },
    safety: { allow_start: true, shutdown_timeout: 25 },
  },
};

const noHistory: WebDeps["history"] = {
  sessions: () => Promise.resolve([]),
  samples: () => Promise.resolve([]),
  days: () => Promise.resolve([]),
  download: () => {
    throw new HttpError(400, "invalid-query", "none");
  },
};

/** The real server with one pad behind its port, on a free port of this machine. */
export const serve = async (
  ctx: TestContext,
  settings: Partial<WebSettings> = {},
  more: Partial<WebDeps> = {},
): Promise<Served> => {
  const clock = new ManualClock();
  const port = settings.port ?? (await freePort());
  const pad = new PortedPad();
  const ended: string[] = [];
  const logged: string[] = [];
  const note = (_: object, text: string): void => void logged.push(text);
  const log: Logger = { ...quiet, info: note, warn: note, error: note };
  const served: Omit<Served, "web"> = { port, pad, clock, ended, logged, info: INFO };
  const web = new Web({
    folder: "/nowhere",
    clock,
    log,
    settings: { host: "127.0.0.1", port, orAnyPort: false, password: null, trustedProxy: null, ...settings },
    pads: [pad],
    presets: new Map(),
    arrived: () => clock.now(),
    info: () => served.info,
    healthy: () => Promise.resolve(true),
    history: noHistory,
    scan: () => Promise.resolve([]),
    addPad: () => Promise.reject(new HttpError(409, "not-writable", "none")),
    end: (reason) => void ended.push(reason),
    onTerminal: false,
    changed: () => undefined,
    ...more,
  });
  await web.start();
  ctx.onTestFinished(async () => {
    const ended = web.offline(100, "test", []);
    await clock.advance(100);
    await ended;
  });
  return Object.assign(served, { web });
};

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** One request as it stands: `fetch` would not send another Host, nor an Origin. */
export const ask = async (
  port: number,
  path: string,
  { method = "GET", headers = {}, body }: Ask = {},
): Promise<Answer> => {
  const sent = request({ port, host: "127.0.0.1", path, method, headers, agent: false });
  // A server that has refused a body may hang up while it is sent.
  sent.on("error", () => undefined);
  const answered = once(sent, "response") as Promise<[IncomingMessage]>;
  sent.end(body);
  const [response] = await answered;
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: Buffer.concat(chunks).toString(),
  };
};

export const JSON_TYPE = { "content-type": "application/json" };

export const post = (
  port: number,
  path: string,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
) => ask(port, path, { method: "POST", headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify(value) });

/** The code of an error's body. */
export const codeOf = ({ body }: Answer): unknown =>
  (JSON.parse(body) as { error: { code: string } }).error.code;

export interface Event {
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A stream of events that is read as it comes. */
export class EventReader {
  readonly events: Event[] = [];
  ended = false;
  #text = "";
  #wake: () => void = () => undefined;
  #leave: () => void = () => undefined;

  static async open(
    ctx: TestContext,
    port: number,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<EventReader> {
    const sent = request({ port, host: "127.0.0.1", path: "/api/events", headers, agent: false });
    sent.on("error", () => undefined);
    sent.end();
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    ctx.onTestFinished(() => void sent.destroy());
    if (response.statusCode !== 200) throw new Error(`no stream: ${response.statusCode ?? 0}`);
    const reader = new EventReader();
    reader.#leave = () => void sent.destroy();
    response.setEncoding("utf8");
    response.on("data", (text: string) => reader.#read(text));
    response.on("close", () => {
      reader.ended = true;
      reader.#wake();
    });
    response.on("error", () => undefined);
    return reader;
  }

  named(name: string): readonly Event["data"][] {
    return this.events.filter((event) => event.name === name).map(({ data }) => data);
  }

  /** Resolves once it is so; the test's own time limit ends the waiting. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      if (this.ended) throw new Error(`the stream has ended: ${JSON.stringify(this.events.at(-1))}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The reader goes. */
  close(): void {
    this.#leave();
  }

  async end(): Promise<void> {
    while (!this.ended)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
  }

  #read(text: string): void {
    const parts = (this.#text + text).split("\n\n");
    this.#text = parts.pop() ?? "";
    for (const part of parts) {
      const [, name = "", data = "null"] = /^event: (.*)\ndata: (.*)$/.exec(part) ?? [];
      if (name !== "") this.events.push({ name, data: JSON.parse(data) as Event["data"] });
    }
    this.#wake();
  }
}
