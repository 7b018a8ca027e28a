import type { Invocation } from "./invocation.js";
import { effectiveYaml } from "../config/effective.js";
import { EXIT, type ExitCode } from "../process/lifecycle.js";
import { nextSteps, readConfig } from "./config.js";

/** The effective config on stdout, or every error on stderr. */
export const checkConfig = ({ env, terminal }: Invocation, file: string | undefined): ExitCode => {
  const loaded = readConfig(file, env, terminal);
  if (!loaded) return EXIT.config;
  terminal.out(effectiveYaml(loaded.config));
  for (const note of [...loaded.warnings, ...nextSteps(loaded)]) terminal.err(`note: ${note}\n`);
  return EXIT.ok;
};
