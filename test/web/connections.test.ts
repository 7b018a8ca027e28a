import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { describe, expect, it, type TestContext } from "vitest";
import { boundConnections } from "../../src/web/connections.js";

const SOON = { timeout: 10_000 };
const OTHER_MACHINE = "127.0.0.2";

/** Reads hang as on a hanging disk; `/slow` is a command that nobody answers; what is refused is refused at its headers. */
const open = async (ctx: TestContext) => {
  const pending: ServerResponse[] = [];
  let refused = 0;
  let commands = 0;
  let connections = 0;
  const server = createServer((request, response) => {
    if (request.method === "GET") pending.push(response);
    else if (request.url === "/refused") {
      refused += 1;
      response.writeHead(403).end("no");
    } else
      request.resume().once("end", () => {
        commands += 1;
        if (request.url !== "/slow") setImmediate(() => response.end("stopped"));
      });
  });
  server.on("connection", () => (connections += 1));
  boundConnections(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const sockets: Socket[] = [];
  ctx.onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
    server.closeAllConnections();
  });
  return {
    pending,
    refused: () => refused,
    commands: () => commands,
    connections: () => connections,
    connect: (text: string, localAddress = "127.0.0.1"): Socket => {
      const socket = connect({ port, host: "127.0.0.1", localAddress }).resume();
      socket.on("error", () => undefined).write(text);
      sockets.push(socket);
      return socket;
    },
    stop: async (): Promise<string> =>
      (await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: "{}" })).text(),
  };
};

const headers = (path: string, method = "POST"): string =>
  `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${method === "POST" ? "Content-Length: 2\r\n" : ""}\r\n`;
const times = (count: number, make: () => Socket): Socket[] => Array.from({ length: count }, make);
const answerOf = async (socket: Socket): Promise<string> => String((await once(socket, "data"))[0]);

describe("a stop gets in", () => {
  it("while every connection waits for an answer to a read", async (ctx) => {
    const { pending, connect, stop } = await open(ctx);
    const readers = times(64, () => connect(headers("/", "GET")));
    await expect.poll(() => pending.length, SOON).toBe(64);
    expect(await stop()).toBe("stopped");
    // One that began to read last made room for it.
    await expect.poll(() => readers.filter(({ closed }) => closed).length, SOON).toBe(1);
    expect(pending[0]?.destroyed).toBe(false);
  });

  it("while every connection waits for the answer to a command: that one is carried out, its answer is lost", async (ctx) => {
    const { commands, connect, stop } = await open(ctx);
    const slow = times(64, () => connect(`${headers("/slow")}{}`));
    await expect.poll(commands, SOON).toBe(64);
    expect(await stop()).toBe("stopped");
    await expect.poll(() => slow.filter(({ closed }) => closed).length, SOON).toBe(1);
  });

  it("whose request is still on its way while 400 connections come after it", async (ctx) => {
    const { connect, connections } = await open(ctx);
    const mine = connect(headers("/"));
    await expect.poll(connections, SOON).toBe(1);
    times(400, () => connect("G"));
    await expect.poll(connections, SOON).toBe(401);
    mine.write("{}");
    expect(await answerOf(mine)).toContain("stopped");
  });

  it("whose request is still on its way while another machine opens 2,000", async (ctx) => {
    const { connect, connections } = await open(ctx);
    const mine = connect(headers("/"));
    await expect.poll(connections, SOON).toBe(1);
    for (let round = 1; round <= 10; round += 1) {
      times(200, () => connect("", OTHER_MACHINE));
      await expect.poll(connections, SOON).toBe(1 + round * 200);
    }
    mine.write("{}");
    expect(await answerOf(mine)).toContain("stopped");
  });

  it("while 64 connections that were refused pretend to be commands", async (ctx) => {
    const { refused, connect, stop } = await open(ctx);
    const sockets = times(64, () => connect(headers("/refused")));
    await Promise.all(sockets.map(answerOf));
    expect(refused()).toBe(64);
    for (const socket of sockets) socket.write("{}");
    // Each of them is through once it answers again.
    for (const socket of sockets) socket.write(headers("/refused"));
    await Promise.all(sockets.map(answerOf));
    for (const socket of sockets) socket.write("{}");
    await expect.poll(stop, SOON).toBe("stopped");
    expect(sockets.filter(({ closed }) => closed).length).toBeLessThan(64);
  });
});

it("an idle connection is closed for a new request, the longest idle of the busiest address first", async (ctx) => {
  const { connect, connections, stop, commands } = await open(ctx);
  const mine = connect(`${headers("/")}{}`);
  await answerOf(mine);
  const others = times(63, () => connect(`${headers("/")}{}`, OTHER_MACHINE));
  await Promise.all(others.map(answerOf));
  expect([connections(), commands()]).toEqual([64, 64]);
  expect(await stop()).toBe("stopped");
  await once(others[0] as Socket, "close");
  expect(mine.closed).toBe(false);
});
