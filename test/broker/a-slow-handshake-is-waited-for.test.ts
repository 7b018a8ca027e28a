import { spawn } from "node:child_process";
import dns from "node:dns";
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../src/clock.js";
import { clientUnderTest } from "./client-under-test.js";

/**
 * Listens on 127.0.0.1 with room for one connection, and accepts none until a line comes on stdin: once that room is
 * taken, Linux drops a SYN, and the client's kernel sends it again after a second.
 */
const LISTENER = `
  const server = require("node:net").createServer((socket) =>
    socket.on("error", () => {}).on("data", (data) => process.stdout.write("packet " + (data[0] >> 4) + "\\n")));
  server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
    require("node:fs").writeSync(1, server.address().port + "\\n");
    require("node:fs").readSync(0, Buffer.alloc(1));
  });
`;

it.skipIf(process.platform !== "linux")(
  "a broker's name with two addresses, of which one takes a second and the other does not exist",
  async () => {
    const listener = spawn(process.execPath, ["-e", LISTENER], { stdio: ["pipe", "pipe", "inherit"] });
    onTestFinished(() => void listener.kill("SIGKILL"));
    let said = "";
    listener.stdout.on("data", (text: Buffer) => (said += text.toString()));
    await once(listener.stdout, "data");
    const port = Number(said);

    const lookup = dns.lookup;
    onTestFinished(() => void Object.assign(dns, { lookup }));
    const two = [
      { address: "127.0.0.1", family: 4 },
      { address: "::1", family: 6 },
    ];
    Object.assign(dns, {
      lookup: (_name: string, _options: object, done: (error: null, found: typeof two) => void) =>
        void setImmediate(() => done(null, two)),
    });

    const fillers = Array.from({ length: 4 }, () => connect(port, "127.0.0.1").on("error", () => undefined));
    onTestFinished(() => fillers.forEach((filler) => filler.destroy()));
    await Promise.race(fillers.map((filler) => once(filler, "connect")));

    const { broker, journal } = clientUnderTest(`mqtt://two.test:${port}`, {}, { clock: systemClock() });
    onTestFinished(() => broker.close(100));
    await pause(350);
    listener.stdin.write("\n");
    while (!said.includes("packet 1")) await pause(20);
    expect(journal.lines).toEqual([]);
  },
);
