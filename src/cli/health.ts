import type { Invocation } from "./invocation.js";
import { visible } from "../domain/visible.js";
import { EXIT, type ExitCode } from "../process/lifecycle.js";
import { heartbeatAge, isAlive } from "../store/heartbeat.js";
import { readConfig } from "./config.js";

/** Exit 0 while the running bridge's heartbeat is recent, independent of broker, radio and pads. */
export const health = async (
  { env, terminal, clock }: Invocation,
  file: string | undefined,
): Promise<ExitCode> => {
  const loaded = readConfig(file, env, terminal);
  if (!loaded) return EXIT.config;
  const age = await heartbeatAge(loaded.config.store.path, clock.wall());
  const alive = isAlive(age);
  const since =
    age === null ? "there is no heartbeat" : `the last heartbeat is ${Math.round(age / 1000)} s old`;
  terminal.out(`${alive ? "healthy" : "unhealthy"}: ${since} in ${visible(loaded.config.store.path)}\n`);
  return alive ? EXIT.ok : EXIT.unhealthy;
};
