import { onTestFinished } from "vitest";
import type { BrokerDeps, BrokerOptions } from "../../src/mqtt/client/broker.js";
import { ManualClock } from "../support/clock.js";
import { clientUnderTest, type ClientUnderTest } from "./client-under-test.js";
import { RawBroker, type PacketHandler } from "./raw-broker.js";

interface Scene extends ClientUnderTest {
  readonly server: RawBroker;
  readonly clock: ManualClock;
}

/** Our client against a broker of the test's making: sockets are real, deadlines are moved by hand. */
export const against = async (
  behave: PacketHandler,
  options: Partial<BrokerOptions> = {},
  deps: Partial<BrokerDeps> = {},
): Promise<Scene> => {
  const server = await RawBroker.start(behave);
  const clock = new ManualClock();
  const end = clientUnderTest(server.url, options, { ...deps, clock });
  onTestFinished(async () => {
    await clock.settled(end.broker.close(100));
    await server.close();
  });
  return { ...end, server, clock };
};

/** Moves on to the next attempt, however long it is put off. */
export const retry = async ({ clock, server }: Scene): Promise<void> => {
  const before = server.connections;
  await clock.until(() => server.connections > before, 200_000, 500);
};
