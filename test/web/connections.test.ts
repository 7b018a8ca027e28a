import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect, it } from "vitest";
import { boundConnections } from "../../src/web/connections.js";

it("a command gets in while every connection waits for an answer to a read", async (ctx) => {
  const pending: ServerResponse[] = [];
  const server = createServer((request, response) => {
    // Reads are never answered here, as when a disk hangs.
    if (request.method === "GET") pending.push(response);
    else request.resume().once("end", () => void response.end("stopped"));
  });
  boundConnections(server);
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  ctx.onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const readers = Array.from({ length: 64 }, () => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined).write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
    return socket;
  });
  await expect.poll(() => pending.length, { timeout: 10_000 }).toBe(64);
  const answer = await fetch(`http://127.0.0.1:${port}/`, { method: "POST", body: "{}" });
  expect(await answer.text()).toBe("stopped");
  // One that began to read last made room for it.
  await expect.poll(() => readers.filter(({ closed }) => closed).length, { timeout: 10_000 }).toBe(1);
  expect(pending[0]?.destroyed).toBe(false);
});
