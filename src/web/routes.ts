import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { Hono } from "hono";
import type { RouterRoute } from "hono/types";
import type { EndResponse, ErrorPayload } from "../api/page.js";
import { asError } from "../domain/errors.js";
import { checkAccess } from "./access.js";
import type { Asset } from "./assets.js";
import { readBody, readJson, sendFile, type WebContext } from "./http.js";
import type { PasswordGate } from "./password.js";
import { HttpError, type WebDeps } from "./ports.js";

/** The live part of the page's server. */
export interface Live {
  /** Responds with a stream of events. */
  events(response: HttpBindings["outgoing"]): void;
  /** A message for a pad; settles with all its results. `neverStarts`: no key may start a belt. */
  set(padId: string, body: Uint8Array, neverStarts: boolean): Promise<readonly object[]>;
  /** Stops every pad; settles with all results. */
  stop(): Promise<readonly object[]>;
}

export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

const error = (context: WebContext, thrown: HttpError): Response => {
  const { code, message, status, headers } = thrown;
  const payload: ErrorPayload = { error: { code, message } };
  // A refused connection is closed to make room for another one; a body that is still being sent would hide the
  // response from its sender.
  const close = context.env.incoming.method === "GET" ? { connection: "close" } : {};
  return context.json(payload, status, { ...headers, ...close });
};

/** All routes of the page's server; their work is behind the ports. */
export const routes = (
  deps: WebDeps,
  live: Live,
  assets: ReadonlyMap<string, Asset>,
  gate: PasswordGate | null,
): Hono<{ Bindings: HttpBindings }> => {
  const { history, settings, log } = deps;
  const app = new Hono<{ Bindings: HttpBindings }>();

  app.use(async (context, next) => {
    await next();
    if (context.res === RESPONSE_ALREADY_SENT) return;
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) context.header(name, value);
    if (context.res.headers.get("cache-control") === null) context.header("cache-control", "no-store");
  });

  app.get("/health", async (context) => {
    const healthy = await deps.healthy();
    return context.text(healthy ? "ok" : "unhealthy", healthy ? 200 : 503);
  });

  app.use(async (context, next) => {
    const headers = checkAccess(context.env.incoming, settings, gate);
    for (const [name, value] of Object.entries(headers)) context.header(name, value);
    await next();
  });

  // Not by `get`, which answers HEAD, too: a stream has no headers of its own.
  app.all("/api/events", (context) => {
    if (context.env.incoming.method !== "GET") throw wrongMethod(["GET"]);
    live.events(context.env.outgoing);
    return RESPONSE_ALREADY_SENT;
  });
  app.post("/api/pads/:id/set", async (context) => {
    const { start } = context.req.query();
    if (start !== undefined && start !== "never")
      throw new HttpError(400, "invalid-query", "start must be never, or left out.");
    const body = await readBody(context);
    return context.json(await live.set(context.req.param("id"), body, start === "never"));
  });
  app.post("/api/stop", async (context) => {
    await readJson(context);
    return context.json(await live.stop());
  });

  app.get("/api/sessions", async (context) => {
    const { format = "json", ...query } = context.req.query();
    if (format === "json") return context.json(await history.sessions(query));
    return sendFile(context, await history.download(format, query));
  });
  app.get("/api/sessions/:id/samples", async (context) =>
    context.json(await history.samples(context.req.param("id"), context.req.query())),
  );
  app.get("/api/days", async (context) => context.json(await history.days(context.req.query())));

  app.post("/api/scan", async (context) => context.json(await deps.scan(await readJson(context))));
  app.post("/api/pads", async (context) => context.json(await deps.addPad(await readJson(context)), 201));
  for (const reason of ["restart", "shutdown"] as const)
    app.post(`/api/${reason}`, async (context) => {
      await readJson(context);
      deps.end(reason);
      const answer: EndResponse = { status: "ok", terminal: deps.onTerminal };
      return context.json(answer, 202);
    });

  for (const [path, methods] of methodsOf(app.routes))
    app.all(path, () => {
      throw wrongMethod(methods);
    });

  app.all("*", (context) => {
    const path = context.req.path.slice(1);
    const found = assets.get(path === "" ? "index.html" : path);
    if (!found) throw notFound(path, assets);
    if (!READS.includes(context.env.incoming.method ?? "")) throw wrongMethod(READS);
    const isKnown = context.req.header("if-none-match") === found.headers["etag"];
    return isKnown ? context.body(null, 304, found.headers) : context.body(found.body, 200, found.headers);
  });

  app.onError((thrown, context) => {
    if (thrown instanceof HttpError) return error(context, thrown);
    if (context.env.incoming.destroyed || context.req.raw.signal.aborted) return context.body(null, 400);
    log.error({ err: asError(thrown), path: context.req.path }, "Request of the page failed");
    return error(
      context,
      new HttpError(
        500,
        "internal",
        "The bridge could not answer because of an internal error. See its log.",
      ),
    );
  });
  return app;
};

const READS: readonly string[] = ["GET", "HEAD"];

/** The methods of each path that has some; those that all methods pass through have none of their own. */
const methodsOf = (all: readonly RouterRoute[]): ReadonlyMap<string, readonly string[]> => {
  const own = all.filter(({ method }) => method !== "ALL");
  const paths = [...new Set(own.map(({ path }) => path))];
  const of = (path: string) => own.filter((route) => route.path === path).map(({ method }) => method);
  // Hono answers HEAD by GET.
  return new Map(paths.map((path) => [path, of(path).flatMap((one) => (one === "GET" ? READS : [one]))]));
};

/** RFC 9110, 15.5.6: the response names what the path takes. */
const wrongMethod = (allowed: readonly string[]): HttpError =>
  new HttpError(
    405,
    "wrong-method",
    `This path does not take that method, so nothing was done. Use ${allowed.join(" or ")}.`,
    { allow: allowed.join(", ") },
  );

const notFound = (path: string, assets: ReadonlyMap<string, Asset>): HttpError =>
  assets.size === 0 && !path.startsWith("api/")
    ? new HttpError(
        404,
        "not-built",
        "The page was not built. Run `npm run build`, then start the bridge again.",
      )
    : new HttpError(404, "not-found", "No such path.");
