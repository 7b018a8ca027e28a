import { Socket } from "node:net";
import { expect, it, onTestFinished, vi } from "vitest";
import { systemClock } from "../../src/clock.js";
import { startEmbeddedBroker } from "../../src/mqtt/embedded.js";
import { clientUnderTest, Journal } from "./client-under-test.js";

it("switches Nagle's algorithm off on both sides: a small packet is sent while another is not acknowledged", async () => {
  const setNoDelay = vi.spyOn(Socket.prototype, "setNoDelay");
  onTestFinished(() => setNoDelay.mockRestore());
  const server = await startEmbeddedBroker(
    { host: "127.0.0.1", port: 0, username: null, password: null, ownClientId: "bridge" },
    { log: new Journal().log, clock: systemClock() },
  );
  onTestFinished(() => server.close(0));
  const { broker, journal } = clientUnderTest(`mqtt://127.0.0.1:${server.port}`);
  onTestFinished(() => broker.close(0));
  await journal.until(({ ready }) => ready === 1);

  const set = setNoDelay.mock.contexts.filter((_, n) => setNoDelay.mock.calls[n]?.[0] === true) as Socket[];
  expect(set.some(({ remotePort }) => remotePort === server.port)).toBe(true);
  expect(set.some(({ localPort }) => localPort === server.port)).toBe(true);
});
