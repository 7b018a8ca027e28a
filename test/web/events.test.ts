import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { OK, failure } from "../../src/domain/command.js";
import { speedFromKmh } from "../../src/domain/units.js";
import { ask, codeOf, EventReader, INFO, post, serve } from "./served.js";

const SET = "/api/pads/office/set";

describe("the stream of events", () => {
  it("begins with the whole picture", async (ctx) => {
    const { port } = await serve(ctx);
    const stream = await EventReader.open(ctx, port);
    await stream.until(() => stream.named("state").length > 0);
    expect(stream.events.map(({ name }) => name)).toEqual([
      "ping",
      "bridge",
      "info",
      "pads",
      "availability",
      "state",
    ]);
    expect(stream.named("ping")).toEqual([{ at: "2026-11-22T10:00:00.000Z" }]);
    expect(stream.named("bridge")).toMatchObject([{ state: "online" }]);
    expect(stream.named("pads")).toMatchObject([
      [
        {
          id: "office",
          model: "C2",
          presets: [2, 3.5, 5],
          capabilities: { min_speed: 0.5, max_speed: 6, control: true },
        },
      ],
    ]);
    expect(stream.named("availability")).toEqual([{ pad: "office", state: "online" }]);
    expect(stream.named("state")).toMatchObject([{ pad: "office", belt: "running", speed: 3.5 }]);
  });

  it("continues with changes: belt changes at once, numbers once a second, the time every two", async (ctx) => {
    const { port, pad, clock } = await serve(ctx);
    const stream = await EventReader.open(ctx, port);
    await stream.until(() => stream.named("state").length > 0);
    pad.shows({ belt: "stopping" });
    for (const kmh of [3, 2.5, 2]) pad.shows({ speed: speedFromKmh(kmh) });
    await clock.advance(1_000);
    pad.happened({ type: "walked_off", at: clock.wall() });
    await clock.advance(1_000);
    await stream.until(() => stream.named("ping").length === 2);
    expect(stream.named("state").map(({ belt, speed }) => [belt, speed])).toEqual([
      ["running", 3.5],
      ["stopping", 3.5],
      ["stopping", 2],
    ]);
    expect(stream.named("event")).toEqual([
      { pad: "office", event_type: "walked_off", at: "2026-11-22T10:00:01.000Z" },
    ]);
    expect(stream.named("ping").at(-1)).toEqual({ at: "2026-11-22T10:00:02.000Z" });
  });

  it("sends stopping at once, then the falling speed, then offline with the state of each belt, and ends", async (ctx) => {
    const { port, pad, web } = await serve(ctx);
    const stream = await EventReader.open(ctx, port);
    await stream.until(() => stream.named("state").length > 0);
    web.stopping("SIGTERM");
    pad.shows({ belt: "stopping", speed: speedFromKmh(1) });
    pad.shows({ belt: "idle", moving: false, speed: speedFromKmh(0) });
    await web.offline(1_000, "stopped", [{ pad: "office", belt: "rest" }]);
    await stream.end();
    expect(stream.named("bridge").map(({ state, reason }) => [state, reason])).toEqual([
      ["online", null],
      ["stopping", "SIGTERM"],
      ["offline", "stopped"],
    ]);
    expect(stream.events.at(-1)).toMatchObject({
      name: "bridge",
      data: { state: "offline", belts: [{ pad: "office", belt: "rest" }] },
    });
    expect(stream.named("state").map(({ belt }) => belt)).toEqual(["running", "stopping", "idle"]);
  });

  it("tells a later reader of what changes back to what an earlier one last saw", async (ctx) => {
    let looks = 0;
    let info = INFO;
    const served = await serve(ctx, {}, { info: () => ((looks += 1), info) });
    const { port, pad, web } = served;
    const tells = (state: "on" | "off"): void => {
      info = { ...INFO, radio: { state, advice: null } };
      web.infoChanged();
    };
    const idle = { belt: "idle", moving: false, speed: speedFromKmh(0) } as const;
    const first = await EventReader.open(ctx, port);
    await first.until(() => first.named("state").length > 0);
    pad.shows(idle);
    tells("off");
    await first.until(() => first.named("info").length > 1);
    first.close();
    // Without a reader it does not look.
    await expect
      .poll(() => {
        looks = 0;
        web.infoChanged();
        return looks;
      })
      .toBe(0);
    pad.shows({ ...idle, belt: "running" });
    tells("on");
    const second = await EventReader.open(ctx, port);
    pad.shows(idle);
    tells("off");
    web.stopping("the end of what is told");
    await second.until(() => second.named("bridge").length > 1);
    expect(second.named("info")).toMatchObject([{ radio: { state: "on" } }, { radio: { state: "off" } }]);
    expect(second.named("state")).toMatchObject([{ belt: "running" }, { belt: "idle" }]);
  });

  it("is for 32 at a time; the next one is refused, until another has ended", async (ctx) => {
    const { port } = await serve(ctx);
    const streams = await Promise.all(Array.from({ length: 31 }, () => EventReader.open(ctx, port)));
    const last = connect(port, "127.0.0.1");
    last.write(`GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
    await once(last, "data");
    const refused = await ask(port, "/api/events");
    expect([refused.status, codeOf(refused)]).toEqual([503, "too-many-streams"]);
    last.destroy();
    const next = async (): Promise<boolean> =>
      EventReader.open(ctx, port).then(
        () => true,
        () => false,
      );
    await expect.poll(next).toBe(true);
    expect(streams.every(({ ended }) => !ended)).toBe(true);
  });

  it("of 200 at once most are refused, idle ones make room, and a command is answered at its first try", async (ctx) => {
    const { port, pad } = await serve(ctx);
    const sockets = Array.from({ length: 200 }, (_, index) => {
      const socket = connect(port, "127.0.0.1", () => {
        if (index % 2 === 0) socket.write(`GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
      });
      return socket.on("error", () => undefined).resume();
    });
    ctx.onTestFinished(() => sockets.forEach((socket) => void socket.destroy()));
    await Promise.all(sockets.map((socket) => once(socket, "connect")));
    const answer = post(port, SET, { belt: "OFF" });
    await expect.poll(() => pad.asked.length, { timeout: 10_000 }).toBe(1);
    pad.asked[0]?.respond(OK);
    expect((await answer).status).toBe(200);
    await expect
      .poll(() => sockets.filter(({ closed }) => !closed).length, { timeout: 10_000 })
      .toBeLessThanOrEqual(64);
    const streams = sockets.filter(({ bytesRead, closed }) => bytesRead > 1_000 && !closed);
    expect(streams).toHaveLength(32);
  });

  it("drops a reader that does not read, and no other", async (ctx) => {
    const served = await serve(ctx);
    const { port, web } = served;
    const reader = await EventReader.open(ctx, port);
    const stuck = connect(port, "127.0.0.1");
    stuck.on("error", () => undefined);
    ctx.onTestFinished(() => void stuck.destroy());
    stuck.pause();
    stuck.write(`GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
    const version = "x".repeat(128 * 1024);
    let sent = 0;
    const isClosed = once(stuck, "close");
    // Until its buffers, and those of the system, are full.
    while (sent < 200) {
      served.info = { ...served.info, version: `${version}${sent}` };
      web.infoChanged();
      sent += 1;
      await reader.until(() => reader.named("info").length > sent);
    }
    stuck.resume();
    await isClosed;
    expect(reader.ended).toBe(false);
  });
});

describe("a command", () => {
  it("is answered with the results of all its keys once the last is settled, after the state that they speak of", async (ctx) => {
    const { port, pad, clock } = await serve(ctx);
    const stream = await EventReader.open(ctx, port);
    await stream.until(() => stream.named("state").length > 0);
    const answer = post(port, SET, { belt: "ON", speed: 3, nonsense: 1, id: 7 });
    await expect
      .poll(() => pad.asked.map(({ command }) => command))
      .toEqual([
        { key: "belt", value: "ON" },
        { key: "speed", value: 3 },
      ]);
    await clock.advance(812);
    pad.asked[0]?.respond(OK);
    pad.shows({ speed: speedFromKmh(3) });
    pad.asked[1]?.respond(failure("unconfirmed", "Not seen."));
    const { status, body } = await answer;
    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual([
      {
        id: 7,
        command: null,
        value: null,
        status: "error",
        code: "invalid-payload",
        message: expect.any(String) as string,
        took_ms: 0,
      },
      { id: 7, command: "belt", value: "ON", status: "ok", code: null, message: null, took_ms: 812 },
      {
        id: 7,
        command: "speed",
        value: 3,
        status: "error",
        code: "unconfirmed",
        message: "Not seen.",
        took_ms: 812,
      },
    ]);
    await stream.until(() => stream.named("state").at(-1)?.["speed"] === 3);
  });

  it("whose own time is more than 5 s away reaches the pad as stale", async (ctx) => {
    const { port, pad, clock } = await serve(ctx);
    const at = (ms: number): string => new Date(clock.wall() - ms).toISOString();
    for (const ms of [4_999, 5_001, -4_999, -5_001])
      void post(port, SET, { belt: "ON", at: at(ms) }).catch(() => undefined);
    await expect
      .poll(() => pad.asked.map(({ stale }) => stale !== null).sort())
      .toEqual([false, false, true, true]);
  });

  it("sent with start=never reaches the pad as such, and a command that can only start a belt is refused", async (ctx) => {
    const { port, pad } = await serve(ctx);
    const answer = post(port, `${SET}?start=never`, { belt: "ON", speed: 3, mode: "auto" });
    await expect
      .poll(() => pad.asked.map(({ command }) => command))
      .toEqual([{ key: "speed", value: 3, keepsRest: true }]);
    pad.asked[0]?.respond(OK);
    expect(JSON.parse((await answer).body)).toMatchObject([
      { command: "mode", value: "auto", status: "error", code: "unsupported" },
      { command: "belt", value: "ON", status: "error", code: "unsupported" },
      { command: "speed", value: 3, status: "ok" },
    ]);
    for (const command of ["start", "resume", "toggle"])
      expect(JSON.parse((await post(port, `${SET}?start=never`, { command })).body)).toMatchObject([
        { command: "command", value: command, status: "error", code: "unsupported" },
      ]);
    const wrong = await post(port, `${SET}?start=sometimes`, { speed: 3 });
    expect([wrong.status, codeOf(wrong), pad.asked.length]).toEqual([400, "invalid-query", 1]);
    const stop = post(port, `${SET}?start=never`, { belt: "OFF" });
    await expect.poll(() => pad.asked[1]?.command).toEqual({ key: "belt", value: "OFF" });
    pad.asked[1]?.respond(OK);
    expect((await stop).status).toBe(200);
  });

  it("STOP of a page without a picture is OFF for every pad", async (ctx) => {
    const { port, pad } = await serve(ctx);
    expect(codeOf(await ask(port, "/api/stop", { method: "POST" }))).toBe("wrong-type");
    const answer = post(port, "/api/stop", {});
    await expect.poll(() => pad.asked.map(({ command }) => command)).toEqual([{ key: "belt", value: "OFF" }]);
    pad.asked[0]?.respond(OK);
    expect(JSON.parse((await answer).body)).toMatchObject([
      { pad: "office", command: "belt", value: "OFF", status: "ok" },
    ]);
  });

  it("whose sender has gone is carried out nevertheless", async (ctx) => {
    const { port, pad } = await serve(ctx);
    const body = '{"belt":"OFF"}';
    const socket = connect(port, "127.0.0.1");
    socket.write(
      `POST ${SET} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${body.length}\r\n\r\n${body}`,
    );
    await expect.poll(() => pad.asked.length, { timeout: 10_000 }).toBe(1);
    socket.destroy();
    await once(socket, "close");
    pad.asked[0]?.respond(OK);
    expect((await ask(port, "/health")).status).toBe(200);
  });
});

describe("what the page's server needs of the machine", () => {
  it("a port in use affects the page only, with a sentence of advice", async (ctx) => {
    const { port } = await serve(ctx);
    const second = await serve(ctx, { port });
    expect(second.web.state).toEqual({
      state: "failed",
      url: null,
      advice: `Port ${port} is in use: end the program that uses it, or set web.port.`,
    });
    expect(second.logged).toEqual([
      `The page is not available. Belts and MQTT are not affected. Port ${port} is in use: end the program that uses it, or set web.port.`,
    ]);
    await second.web.offline(100, "stopped", []);
  });

  it("the demo takes any other port instead", async (ctx) => {
    const { port } = await serve(ctx);
    const second = await serve(ctx, { port, orAnyPort: true });
    expect(second.web.state).toMatchObject({ state: "on" });
    expect(second.web.state.url).not.toBe(`http://127.0.0.1:${port}`);
  });

  it.for([
    ["192.0.2.1", "192.0.2.1 is not an address of this machine: set web.host."],
    ["no-such-host.invalid", "The name no-such-host.invalid is not known: set web.host."],
  ] as const)("a host such as %s is reported too", async ([host, advice], ctx) => {
    const { web } = await serve(ctx, { host, password: "x" });
    expect(web.state).toMatchObject({ state: "failed", advice });
  });
});
