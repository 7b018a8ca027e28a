import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { sleep } from "../clock.js";
import type { BeltLeft, ErrorPayload, InfoPayload } from "../api/page.js";
import { asError } from "../domain/errors.js";
import { type Asset, loadAssets } from "./assets.js";
import { boundConnections } from "./connections.js";
import { EventStreams } from "./event-streams.js";
import { LivePicture } from "./live.js";
import { PasswordGate } from "./password.js";
import { HttpError, type WebDeps } from "./ports.js";
import { routes, SECURITY_HEADERS } from "./routes.js";

/** A request must arrive completely within this time, its body included. */
const LIMITS = { headersTimeout: 5_000, requestTimeout: 5_000, keepAliveTimeout: 5_000 } as const;
/** Without traffic for this long a connection closes: longer than the slowest command takes. */
const IDLE_MS = 120_000;
const LOOK_EVERY_MS = 1_000;
/** Limit for resolving a host name. */
const LISTEN_MS = 5_000;

type WebState = InfoPayload["web"];

export const WEB_OFF: WebState = { state: "off", url: null, advice: null };

const LISTEN_FAILURES: Readonly<Record<string, (port: number, host: string) => string>> = {
  EADDRINUSE: (port) => `Port ${port} is in use: end the program that uses it, or set web.port.`,
  EACCES: (port) => `Port ${port} needs more rights than the bridge has: set web.port to 1024 or above.`,
  EADDRNOTAVAIL: (_, host) => `${host} is not an address of this machine: set web.host.`,
  ABORT_ERR: (_, host) => `The name ${host} was not resolved in time: set web.host.`,
  ENOTFOUND: (_, host) => `The name ${host} is not known: set web.host.`,
};

/** The page's server: one face of the bridge. Its errors affect the page, never the bridge. */
export class Web {
  readonly #deps: WebDeps;
  readonly #streams: EventStreams;
  readonly #live: LivePicture;
  #server: Server | null = null;
  #state: WebState = WEB_OFF;
  #over = false;

  constructor(deps: WebDeps) {
    this.#deps = deps;
    this.#streams = new EventStreams(deps.clock);
    this.#live = new LivePicture(deps, this.#streams);
  }

  get state(): WebState {
    return this.#state;
  }

  /** Starts to listen. Never rejects: `state` shows the result. */
  async start(): Promise<void> {
    const { settings, log, folder } = this.#deps;
    try {
      const assets = await loadAssets(folder);
      const port = await this.#listen(assets);
      const url = `http://${nearest(settings.host)}:${port}`;
      const advice = assets.has("index.html")
        ? null
        : "The page was not built: run `npm run build`, then start the bridge again.";
      this.#become({ state: "on", url, advice });
      if (advice !== null) log.warn({}, advice);
      else log.info({}, `Open ${url}`);
    } catch (thrown) {
      const error = asError(thrown);
      const code = "code" in error ? String(error.code) : "";
      const advice = LISTEN_FAILURES[code]?.(settings.port, settings.host) ?? error.message;
      this.#become({ state: "failed", url: null, advice });
      log.warn({}, `The page is not available. Belts and MQTT are not affected. ${advice}`);
    }
  }

  /** bridge/info may have changed. */
  infoChanged(): void {
    this.#live.infoChanged();
  }

  /** Sends `stopping` and keeps serving. */
  stopping(reason: string): void {
    this.#live.stopping(reason);
  }

  /** Sends `offline` with the state of each belt, then ends every stream and connection; bounded. Idempotent. */
  async offline(withinMs: number, reason: string, belts: readonly BeltLeft[]): Promise<void> {
    this.#over = true;
    this.#live.offline(reason, belts);
    this.#streams.end();
    const server = this.#server;
    this.#server = null;
    if (!server?.listening) return;
    const over = new AbortController();
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
    server.closeIdleConnections();
    await Promise.race([closed, sleep(this.#deps.clock, withinMs / 2, over.signal)]);
    over.abort();
    server.closeAllConnections();
  }

  #become(state: WebState): void {
    this.#state = state;
    this.#deps.changed();
  }

  async #listen(assets: ReadonlyMap<string, Asset>): Promise<number> {
    const { host, port, orAnyPort } = this.#deps.settings;
    try {
      return await this.#listenOn(this.#newServer(assets), host, port);
    } catch (thrown) {
      const error = asError(thrown);
      if (!orAnyPort || !("code" in error) || error.code !== "EADDRINUSE") throw error;
      return await this.#listenOn(this.#newServer(assets), host, 0);
    }
  }

  async #listenOn(server: Server, host: string, port: number): Promise<number> {
    const over = new AbortController();
    const cancel = this.#deps.clock.after(LISTEN_MS, () => over.abort());
    server.listen(port, host);
    try {
      await once(server, "listening", { signal: over.signal });
    } catch (error) {
      server.close();
      throw error;
    } finally {
      cancel();
    }
    // An error of one connection affects that connection only.
    server.on("error", (err) =>
      this.#deps.log.warn({ err }, "Error in the page's server; belts and MQTT are not affected"),
    );
    // The program ended while the address was being resolved.
    if (this.#over) server.close();
    this.#server = server;
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : port;
  }

  #newServer(assets: ReadonlyMap<string, Asset>): Server {
    const { clock, log, settings } = this.#deps;
    const gate = settings.password === null ? null : new PasswordGate(settings.password, clock, log);
    const app = routes(
      this.#deps,
      {
        events: (response) => {
          if (this.#streams.isFull)
            throw new HttpError(503, "too-many-streams", "Too many open pages: close one of them.");
          this.#streams.open(response, SECURITY_HEADERS, this.#live.picture());
        },
        set: (padId, body, neverStarts) => this.#live.set(padId, body, neverStarts),
        stop: () => this.#live.stop(),
      },
      assets,
      gate,
    );
    const listener = getRequestListener(app.fetch, {
      overrideGlobalObjects: false,
      errorHandler: badRequest,
    });
    const options = { ...LIMITS, connectionsCheckingInterval: LOOK_EVERY_MS };
    const server = createServer(options, (request, response) => void listener(request, response));
    boundConnections(server);
    server.timeout = IDLE_MS;
    return server;
  }
}

/** The path and the Host header do not form a URL. */
const badRequest = (): Response =>
  Response.json(
    {
      error: { code: "bad-request", message: "The request cannot be parsed." },
    } satisfies ErrorPayload,
    { status: 400, headers: SECURITY_HEADERS },
  );

/** The host to open in a browser on this machine. */
const nearest = (host: string): string => {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
};
