import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { Decoder, Stream } from "@garmin/fitsdk";
import { describe, expect, it, type TestContext, vi } from "vitest";
import { parse } from "yaml";
import { freePort } from "../support/mosquitto.js";
import type { Program } from "../support/program.js";
import { configFor, expectCleanEnd, newFolder, PAD, SECOND, started } from "../process/scene.js";
import { ask, codeOf, EventReader, JSON_TYPE, post } from "./served.js";

vi.setConfig({ testTimeout: 120_000 });

const START_MS = 20_000;
const SET = "/api/pads/office/set";
/** Nobody listens there: the page needs no broker. */
const NO_BROKER = "mqtt://127.0.0.1:1";

interface Running {
  readonly program: Program;
  readonly port: number;
  readonly folder: string;
}

const run = async (ctx: TestContext, more: Readonly<Record<string, object>> = {}): Promise<Running> => {
  const [folder, port] = [await newFolder(ctx), await freePort()];
  const usual = configFor(NO_BROKER, [{ id: "office", address: PAD }], {
    session: { min_duration: 1 },
    web: { enabled: true, port },
  });
  const config = { ...usual, ...more };
  const program = await started(ctx, { folder, config });
  await program.untilLine(`Open http://127.0.0.1:${port}`, START_MS);
  return { program, port, folder };
};

const results = async (
  port: number,
  body: object,
): Promise<readonly { status: string; code: string | null }[]> =>
  JSON.parse((await post(port, SET, body)).body) as { status: string; code: string | null }[];

/** A belt that is walked on, and a stream that has seen it. */
const walking = async (ctx: TestContext, port: number): Promise<EventReader> => {
  const stream = await EventReader.open(ctx, port);
  await stream.until(() => stream.named("availability").at(-1)?.["state"] === "online");
  expect(await results(port, { speed: 2 })).toMatchObject([{ command: "speed", status: "ok" }]);
  return stream;
};

const last = (stream: EventReader): Readonly<Record<string, unknown>> => stream.named("state").at(-1) ?? {};

describe.concurrent("the page of the built program, without any broker", () => {
  it("walks and stops a belt, and its walk is there afterwards: list, day, samples, FIT", async (ctx) => {
    const { program, port } = await run(ctx);
    const stream = await walking(ctx, port);
    expect(last(stream)).toMatchObject({ belt: "running", moving: "ON" });
    expect(await results(port, { command: "stop" })).toMatchObject([{ status: "ok" }]);
    expect(last(stream)).toMatchObject({ moving: "OFF", stop_confirmed: true });

    const get = async (path: string): Promise<unknown> => JSON.parse((await ask(port, path)).body);
    const [walk] = (await get("/api/sessions?pad=office&format=json")) as { id: string; state: string }[];
    expect(walk).toMatchObject({ pad: "office", state: "ended" });
    const id = walk?.id ?? "";
    expect(await get(`/api/days?pad=office`)).toMatchObject([{ pad: "office", sessions: 1 }]);
    const samples = (await get(`/api/sessions/${id}/samples`)) as { speed: number }[];
    expect(samples.length).toBeGreaterThan(2);
    expect(Math.max(...samples.map(({ speed }) => speed))).toBeCloseTo(2, 1);

    const fit = await fetch(`http://127.0.0.1:${port}/api/sessions?pad=office&id=${id}&format=fit`);
    expect(fit.headers.get("content-disposition")).toMatch(/^attachment; filename="office-.*\.fit"$/);
    const decoder = new Decoder(Stream.fromByteArray([...new Uint8Array(await fit.arrayBuffer())]));
    const { messages, errors } = decoder.read();
    expect([errors, messages.recordMesgs?.length]).toEqual([[], samples.length]);
    const csv = await ask(port, "/api/sessions?format=csv");
    expect(csv.body.split("\r\n")).toHaveLength(3);
    expect((await ask(port, "/api/sessions?format=tcx")).body).toContain("<Notes>office</Notes>");
    for (const [path, status, code] of [
      ["/api/sessions?format=fit&pad=garage", 404, "no-walk"],
      ["/api/sessions/nothing/samples", 404, "no-walk"],
      ["/api/sessions?since=yesterday", 400, "invalid-query"],
      ["/api/sessions?format=xml", 400, "invalid-query"],
      ["/api/days?until=2026-11-22", 400, "invalid-query"],
    ] as const) {
      const answer = await ask(port, path);
      expect([path, answer.status, codeOf(answer)]).toEqual([path, status, code]);
    }
    program.signal("SIGTERM");
    await expectCleanEnd(program, 25_000);
  });

  it("SIGTERM on a moving belt: stopping, the falling speed, at rest, offline, and the stream ends before the program", async (ctx) => {
    const { program, port } = await run(ctx);
    const stream = await walking(ctx, port);
    const from = stream.events.length;
    program.signal("SIGTERM");
    await stream.until(() => stream.named("bridge").some(({ state }) => state === "stopping"));
    expect(await results(port, { belt: "ON" })).toMatchObject([{ status: "error", code: "stopping" }]);
    await stream.end();
    const after = stream.events.slice(from);
    const speeds = after.filter(({ name }) => name === "state").map(({ data }) => data["speed"]);
    const falling = speeds.filter((speed): speed is number => typeof speed === "number");
    expect(falling).toContain(0);
    expect(falling.length).toBeGreaterThan(2);
    expect(after.at(-1)).toMatchObject({
      name: "bridge",
      data: { state: "offline", belts: [{ pad: "office", belt: "rest" }] },
    });
    await expectCleanEnd(program, 25_000);
  });

  it("shutdown and restart end it by the same path, with or without readers", async (ctx) => {
    for (const way of ["shutdown", "restart"]) {
      const { program, port } = await run(ctx);
      const answer = await post(port, `/api/${way}`, {});
      expect([answer.status, JSON.parse(answer.body)]).toEqual([202, { status: "ok", terminal: false }]);
      await expectCleanEnd(program, 25_000);
      expect(program.count(`Stopping (${way})`)).toBe(1);
    }
  });

  it("a pad in range is written into the configuration, once; errors in an entry are reported", async (ctx) => {
    const { program, port, folder } = await run(ctx, {
      simulator: { pads: [{ address: PAD }, { address: SECOND, model: "ftms" }] },
    });
    const stream = await EventReader.open(ctx, port);
    await stream.until(() => stream.named("availability").at(-1)?.["state"] === "online");
    const found = JSON.parse((await post(port, "/api/scan", { seconds: 2 })).body) as {
      address: string;
      proposal: { id: string } | null;
    }[];
    const other = found.find(({ address }) => address === SECOND);
    expect(other?.proposal).toMatchObject({ address: SECOND });
    const added = await post(port, "/api/pads", other?.proposal);
    expect([added.status, JSON.parse(added.body)]).toMatchObject([201, { pad: { address: SECOND } }]);
    const written = parse(readFileSync(join(folder, "config.yaml"), "utf8")) as { pads: unknown[] };
    expect(written.pads).toMatchObject([{ id: "office", address: PAD }, { address: SECOND }]);
    for (const wrong of [
      other?.proposal,
      { id: "x" },
      { id: "BAD ID", address: "57:4c:4e:00:00:09" },
      [],
      7,
      null,
    ]) {
      const answer = await post(port, "/api/pads", wrong);
      expect([answer.status, codeOf(answer)]).toEqual([400, "invalid-pad"]);
    }
    program.signal("SIGTERM");
    await expectCleanEnd(program, 25_000);
  });

  it("while 200 streams, slow bodies, 10 MB and wrong hosts come in, a stop is carried out as ever", async (ctx) => {
    const { program, port } = await run(ctx);
    const stream = await walking(ctx, port);
    const sockets = Array.from({ length: 200 }, (_, index) => {
      const host = index % 3 === 0 ? "evil.example" : `127.0.0.1:${port}`;
      const request =
        index % 2 === 0
          ? `GET /api/events HTTP/1.1\r\nHost: ${host}\r\n\r\n`
          : `POST ${SET} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{`;
      const socket = connect(port, "127.0.0.1", () => socket.write(request));
      return socket.on("error", () => undefined);
    });
    ctx.onTestFinished(() => sockets.forEach((socket) => void socket.destroy()));
    const large = Array.from({ length: 4 }, () =>
      ask(port, SET, { method: "POST", headers: JSON_TYPE, body: Buffer.alloc(10_000_000) }).catch(
        () => null,
      ),
    );
    expect(await results(port, { belt: "OFF" })).toMatchObject([{ command: "belt", status: "ok" }]);
    expect(last(stream)).toMatchObject({ moving: "OFF" });
    await Promise.all(large);
    program.signal("SIGTERM");
    await expectCleanEnd(program, 25_000);
  });

  it("a port in use affects the page only: the bridge reports it and runs", async (ctx) => {
    const first = await run(ctx);
    const folder = await newFolder(ctx);
    const config = configFor(NO_BROKER, undefined, { web: { enabled: true, port: first.port } });
    const second = await started(ctx, { folder, config });
    const { msg } = await second.untilLine("The page is not available", START_MS);
    expect(msg).toContain(`Port ${first.port} is in use`);
    await second.untilLine("Connected to the pad", START_MS);
    for (const program of [second, first.program]) {
      program.signal("SIGTERM");
      await expectCleanEnd(program, 25_000);
    }
  });
});

it("the demo prints its address first and serves the page there", async (ctx) => {
  const folder = await newFolder(ctx);
  const args = ["demo", "--port", String(await freePort())];
  const program = await started(ctx, { folder, args, env: { TMPDIR: folder } });
  const { msg } = await program.untilLine("Open http://127.0.0.1:", START_MS);
  await program.untilLine("The demo is up", START_MS);
  const told = program.lines.map((line) => line.msg);
  expect(told.indexOf(msg)).toBeLessThan(told.findIndex((line) => line.includes("The demo is up")));
  const port = Number(msg.split(":").at(-1));
  const { status, body, headers } = await ask(port, "/");
  expect([status, headers["cache-control"]]).toEqual([200, "no-cache"]);
  const [, script = ""] = /src="\.?\/?([^"]+\.js)"/.exec(body) ?? [];
  expect((await ask(port, `/${script}`)).headers["cache-control"]).toBe(
    "public, max-age=31536000, immutable",
  );
  expect((await ask(port, "/", { headers: { "if-none-match": headers.etag ?? "" } })).status).toBe(304);
  program.signal("SIGTERM");
  await expectCleanEnd(program, 25_000);
});
