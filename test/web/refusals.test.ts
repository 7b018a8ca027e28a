import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ask, codeOf, JSON_TYPE, post, serve } from "./served.js";

const SET = "/api/pads/office/set";
type Headers = Readonly<Record<string, string>>;

const FOREIGN: readonly (readonly [string, Headers, string])[] = [
  ["a name that means this machine for now (DNS rebinding)", { host: "evil.example" }, "wrong-host"],
  ["another machine's address", { host: "192.168.1.2:8088" }, "wrong-host"],
  ["a name that only begins like ours", { host: "localhost.evil.example" }, "wrong-host"],
  ["an address that only begins like ours", { host: "127.0.0.1.evil.example" }, "wrong-host"],
  ["a forwarded host of anybody's", { host: "evil.example", "x-forwarded-host": "localhost" }, "wrong-host"],
  ["another site's origin", { origin: "http://evil.example" }, "other-origin"],
  ["another port's origin", { origin: "http://127.0.0.1:1" }, "other-origin"],
  ["the origin of a file or a sandbox", { origin: "null" }, "other-origin"],
  ["a browser that says cross-site", { "sec-fetch-site": "cross-site" }, "other-origin"],
  ["a browser that says same-site", { "sec-fetch-site": "same-site" }, "other-origin"],
];

describe("without a password", () => {
  it.for(FOREIGN)("%s is refused whatever it requests, and nothing moves", async ([, headers, code], ctx) => {
    const { port, pad } = await serve(ctx);
    for (const path of ["/", "/api/events", "/api/sessions"]) {
      const answer = await ask(port, path, { headers });
      expect([answer.status, codeOf(answer)]).toEqual([403, code]);
    }
    const answer = await post(port, SET, { belt: "ON" }, headers);
    expect([answer.status, codeOf(answer)]).toEqual([403, code]);
    expect(pad.asked).toEqual([]);
  });

  it("a host that is none is refused, too", async (ctx) => {
    const { port } = await serve(ctx);
    const answer = await ask(port, "/", { headers: { host: "]" } });
    expect([answer.status, codeOf(answer)]).toEqual([400, "bad-request"]);
  });

  it.for<Headers>([
    { host: "localhost:9000" },
    { host: "[::1]:8088" },
    { host: "127.1.2.3" },
    { "sec-fetch-site": "none" },
    { "sec-fetch-site": "same-origin" },
  ])("%j is this machine, or the page itself", async (headers, ctx) => {
    const { port } = await serve(ctx);
    expect((await ask(port, "/api/sessions", { headers })).status).toBe(200);
  });

  it("the page's own origin may ask and command", async (ctx) => {
    const { port, pad } = await serve(ctx);
    const headers = { origin: `http://127.0.0.1:${port}`, "sec-fetch-site": "same-origin" };
    void post(port, SET, { belt: "OFF" }, headers).catch(() => undefined);
    await expect.poll(() => pad.asked.map(({ command }) => command)).toEqual([{ key: "belt", value: "OFF" }]);
  });

  it("the probe's health answers under any name, and reports nothing else", async (ctx) => {
    const { port } = await serve(ctx);
    const { status, body } = await ask(port, "/health", { headers: { host: "10.0.0.7" } });
    expect([status, body]).toEqual([200, "ok"]);
  });
});

describe("with a password", () => {
  const password = "correct horse: battery";
  const basic = (user: string, given: string): Headers => ({
    authorization: `Basic ${Buffer.from(`${user}:${given}`).toString("base64")}`,
  });

  it("nothing can be read or done without it; any user name is accepted", async (ctx) => {
    const { port, pad } = await serve(ctx, { password });
    for (const path of ["/", "/api/events", "/api/sessions", "/api/days"]) {
      const answer = await ask(port, path, { headers: { host: "pad.example" } });
      expect([answer.status, codeOf(answer)]).toEqual([401, "password"]);
      expect(answer.headers["www-authenticate"]).toContain("Basic");
    }
    expect((await post(port, SET, { belt: "ON" })).status).toBe(401);
    expect((await ask(port, "/health")).status).toBe(200);
    const headers = { ...basic("anybody", password), host: "pad.example" };
    expect((await ask(port, "/api/sessions", { headers })).status).toBe(200);
    expect(pad.asked).toEqual([]);
  });

  it("commands from another site are refused even with it: browsers send it along", async (ctx) => {
    const { port, pad } = await serve(ctx, { password });
    const headers = { ...basic("a", password), origin: "http://evil.example" };
    const answer = await post(port, SET, { belt: "ON" }, headers);
    expect([answer.status, codeOf(answer)]).toEqual([403, "other-origin"]);
    expect(pad.asked).toEqual([]);
  });

  it("wrong ones are delayed, more each time, and the delay hides even the right one", async (ctx) => {
    const { port, clock, logged } = await serve(ctx, { password });
    const statusOf = async (given: string): Promise<number> =>
      (await ask(port, "/api/days", { headers: basic("a", given) })).status;
    expect([await statusOf("wrong"), await statusOf(password)]).toEqual([401, 429]);
    await clock.advance(500);
    expect([await statusOf("wrong"), await statusOf("wrong")]).toEqual([401, 429]);
    await clock.advance(999);
    expect(await statusOf(password)).toBe(429);
    await clock.advance(1);
    expect(await statusOf(password)).toBe(200);
    expect(logged.filter((line) => line === "Wrong password for the page")).toHaveLength(1);
  });

  it("a client with the right one is not blocked by another client's wrong ones", async (ctx) => {
    const { port } = await serve(ctx, { password });
    const first = await ask(port, "/api/days", { headers: basic("a", password) });
    const [cookie = ""] = first.headers["set-cookie"] ?? [];
    expect(cookie).toMatch(/^walkingpad2mqtt=[\w-]{43}; HttpOnly; SameSite=Strict$/);
    expect((await ask(port, "/api/days", { headers: basic("b", "wrong") })).status).toBe(401);
    const known = { cookie: cookie.split(";")[0] ?? "" };
    expect((await ask(port, "/api/days", { headers: { ...basic("a", password), ...known } })).status).toBe(
      200,
    );
    // The cookie lifts the delay; it is no password.
    expect((await ask(port, "/api/days", { headers: known })).status).toBe(401);
    expect((await ask(port, "/api/days", { headers: { ...basic("a", "wrong"), ...known } })).status).toBe(
      401,
    );
    expect((await ask(port, "/api/days", { headers: basic("a", password) })).status).toBe(429);
  });
});

describe("behind a proxy", () => {
  const password = "secret";

  it("that is trusted needs no password, under the name that the proxy gives", async (ctx) => {
    const { port, pad } = await serve(ctx, { password, trustedProxy: "127.0.0.1" });
    const proxied = { host: "172.30.33.1:8088", "x-forwarded-host": "home.example" };
    expect(
      (await ask(port, "/api/days", { headers: { ...proxied, "sec-fetch-site": "cross-site" } })).status,
    ).toBe(200);
    const foreign = await post(port, SET, { belt: "ON" }, { ...proxied, origin: "https://evil.example" });
    expect([foreign.status, pad.asked.length]).toEqual([403, 0]);
    void post(port, SET, { belt: "OFF" }, { ...proxied, origin: "https://home.example" }).catch(
      () => undefined,
    );
    await expect.poll(() => pad.asked.length).toBe(1);
  });

  it("that is another one nothing of what it forwards counts", async (ctx) => {
    const { port } = await serve(ctx, { password, trustedProxy: "172.30.32.2" });
    const headers = {
      "x-forwarded-for": "172.30.32.2",
      "x-forwarded-host": "localhost",
      "x-real-ip": "172.30.32.2",
    };
    expect((await ask(port, "/api/days", { headers })).status).toBe(401);
  });

  it("and without a password only the proxy gets in, besides this machine by its own names", async (ctx) => {
    const { port } = await serve(ctx, { trustedProxy: "172.30.32.2" });
    expect((await ask(port, "/api/days")).status).toBe(200);
    expect((await ask(port, "/api/days", { headers: { host: "home.example" } })).status).toBe(403);
  });
});

describe("a body", () => {
  const TEN_MB = 10_000_000;

  it("of 10 MB is refused, with or without a content-length", async (ctx) => {
    const { port, pad } = await serve(ctx);
    const body = Buffer.alloc(TEN_MB, 0x20);
    const said = await ask(port, SET, {
      method: "POST",
      headers: { ...JSON_TYPE, "content-length": String(TEN_MB) },
      body,
    });
    expect([said.status, codeOf(said)]).toEqual([413, "too-large"]);
    const chunked = await ask(port, SET, {
      method: "POST",
      headers: { ...JSON_TYPE, "transfer-encoding": "chunked" },
      body,
    });
    expect([chunked.status, codeOf(chunked)]).toEqual([413, "too-large"]);
    const fetched = await fetch(`http://127.0.0.1:${port}${SET}`, {
      method: "POST",
      headers: JSON_TYPE,
      body,
    });
    expect(fetched.status).toBe(413);
    expect(pad.asked).toEqual([]);
    expect((await ask(port, "/health")).status).toBe(200);
  });

  it.for<[string, Headers]>([
    ["none", {}],
    ["of a form", { "content-type": "application/x-www-form-urlencoded" }],
    ["that a browser sends to any site", { "content-type": "text/plain" }],
    ["of another JSON", { "content-type": "application/jsonp" }],
  ])("with a content type %s is refused, on every POST", async ([, headers], ctx) => {
    const { port, pad, ended } = await serve(ctx);
    for (const path of [SET, "/api/scan", "/api/pads", "/api/restart", "/api/shutdown"]) {
      const answer = await ask(port, path, { method: "POST", headers, body: "{}" });
      expect([answer.status, codeOf(answer)]).toEqual([415, "wrong-type"]);
    }
    expect([pad.asked, ended]).toEqual([[], []]);
  });

  it.for(["", "nonsense", "[]", "7", "null", '{"belt":', "\0"])(
    "%j is no message for a pad",
    async (body, ctx) => {
      const { port, pad } = await serve(ctx);
      const answer = await ask(port, SET, { method: "POST", headers: JSON_TYPE, body });
      expect([answer.status, codeOf(answer)]).toEqual([400, "invalid-payload"]);
      expect(pad.asked).toEqual([]);
    },
  );

  it("that comes too slowly is not waited for, and the next request is answered", async (ctx) => {
    const { port, pad } = await serve(ctx);
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    const lines = [`POST ${SET} HTTP/1.1`, `Host: 127.0.0.1:${port}`, "Content-Type: application/json"];
    socket.write(`${lines.join("\r\n")}\r\nContent-Length: 100\r\n\r\n{`);
    let said = "";
    socket.on("data", (bytes: Buffer) => {
      said += bytes.toString();
    });
    expect((await ask(port, "/health")).status).toBe(200);
    await once(socket, "close");
    expect(said).toMatch(/^(HTTP\/1\.1 408|$)/);
    expect(pad.asked).toEqual([]);
  });
});

describe("what is not there", () => {
  it.for([
    ["GET", "/api/nothing", 404, "not-found"],
    ["GET", "/../../package.json", 404, "not-built"],
    ["GET", "/%2e%2e/%2e%2e/package.json", 404, "not-built"],
    ["GET", "/", 404, "not-built"],
    ["POST", "/api/bridge", 404, "not-found"],
    ["DELETE", "/", 404, "not-built"],
  ] as const)("%s %s", async ([method, path, status, code], ctx) => {
    const { port, ended } = await serve(ctx);
    const answer = await ask(port, path, { method });
    expect([answer.status, codeOf(answer)]).toEqual([status, code]);
    expect(ended).toEqual([]);
  });

  it("an unknown pad is 404", async (ctx) => {
    const { port } = await serve(ctx);
    for (const id of ["garage", "__proto__", "..%2foffice", encodeURIComponent("<b>")]) {
      const answer = await post(port, `/api/pads/${id}/set`, { belt: "ON" });
      expect([answer.status, codeOf(answer)]).toEqual([404, "unknown-pad"]);
    }
  });
});

/** The methods that a path takes are named (RFC 9110, 15.5.6). */
describe("a method that a path does not take is refused", () => {
  it.for([
    ["GET", SET, "POST"],
    ["HEAD", SET, "POST"],
    ["PUT", "/api/shutdown", "POST"],
    ["OPTIONS", "/api/pads", "POST"],
    ["POST", "/api/days", "GET, HEAD"],
    ["DELETE", "/api/sessions/1/samples", "GET, HEAD"],
    ["POST", "/health", "GET, HEAD"],
    ["POST", "/", "GET, HEAD"],
    ["POST", "/api/events", "GET"],
    ["HEAD", "/api/events", "GET"],
  ] as const)("%s %s", async ([method, path, allowed], ctx) => {
    const folder = await mkdtemp(join(tmpdir(), "w2m-web-"));
    ctx.onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, "index.html"), "the page");
    const { port, pad, ended } = await serve(ctx, {}, { folder });
    const answer = await ask(port, path, { method });
    expect([answer.status, answer.headers["allow"]]).toEqual([405, allowed]);
    if (method !== "HEAD") expect(codeOf(answer)).toBe("wrong-method");
    expect([pad.asked, ended]).toEqual([[], []]);
  });

  it("but not before the password", async (ctx) => {
    const { port } = await serve(ctx, { password: "secret" });
    expect((await ask(port, SET)).status).toBe(401);
  });
});

it("every answer carries the headers that keep a browser from being tricked", async (ctx) => {
  const { port } = await serve(ctx);
  for (const path of ["/", "/health", "/api/days", "/api/nothing"]) {
    const { headers } = await ask(port, path);
    expect(headers).toMatchObject({
      "content-security-policy": expect.stringMatching(
        /^default-src 'self'; .*frame-ancestors 'self'$/,
      ) as string,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
    });
    expect(headers).not.toHaveProperty("access-control-allow-origin");
  }
});
