import type { Invocation } from "./invocation.js";
import { EXIT, type ExitCode } from "../process/lifecycle.js";
import { environmentName } from "../config/keys.js";
import { runBridge } from "./bridge.js";
import { describeForLog, nextSteps, readConfig } from "./config.js";

export const run = async (invocation: Invocation, file: string | undefined): Promise<ExitCode> => {
  const write = describeForLog(new Date(invocation.clock.wall()).toISOString(), process.stdout.isTTY);
  const loaded = readConfig(file, invocation.env, invocation.terminal, write);
  if (!loaded) return EXIT.config;
  const overriddenBy = loaded.padsFromEnvironment ? environmentName("pads") : null;
  const page = { file: loaded.file, overriddenBy, orAnyPort: false };
  return runBridge(loaded.config, invocation, page, (log) => {
    for (const warning of loaded.warnings) log.warn({}, warning);
    for (const step of nextSteps(loaded)) log.info({}, step);
  });
};
