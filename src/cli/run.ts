import type { Invocation } from "./invocation.js";
import { EXIT, type ExitCode } from "../process/lifecycle.js";
import { runBridge } from "./bridge.js";
import { nextSteps, readConfig } from "./config.js";

export const run = async (invocation: Invocation, file: string | undefined): Promise<ExitCode> => {
  const loaded = readConfig(file, invocation.env, invocation.terminal);
  if (!loaded) return EXIT.config;
  return runBridge(loaded.config, invocation, (log) => {
    for (const warning of loaded.warnings) log.warn({}, warning);
    for (const step of nextSteps(loaded)) log.info({}, step);
  });
};
