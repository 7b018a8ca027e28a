import { type Config } from "../config/config.js";
import type { ConfigError } from "../config/errors.js";
import { loadConfig } from "../config/load.js";
import type { Terminal } from "./invocation.js";

const FROM_ENVIRONMENT = "WALKINGPAD2MQTT_CONFIG";
/** The only config file that may be missing. */
const DEFAULT_FILE = "./config/config.yaml";

export interface Loaded {
  readonly config: Config;
  readonly warnings: readonly string[];
  /** The file it came from, for messages. */
  readonly file: string;
}

/** The config by the rules of contract 1; null when it is wrong, and everything that is has been said. */
export const readConfig = (
  flag: string | undefined,
  env: NodeJS.ProcessEnv,
  terminal: Terminal,
): Loaded | null => {
  const named = flag ?? (env[FROM_ENVIRONMENT] === "" ? undefined : env[FROM_ENVIRONMENT]);
  const file = named ?? DEFAULT_FILE;
  const loaded = loadConfig({ file, explicit: named !== undefined, env });
  if (loaded.ok) return { config: loaded.config, warnings: loaded.warnings, file };
  terminal.err(describe(loaded.errors));
  return null;
};

const describe = (errors: readonly ConfigError[]): string =>
  [
    errors.length === 1
      ? "The configuration has an error:"
      : `The configuration has ${errors.length} errors:`,
    ...errors.map(({ message }) => `  - ${message}`),
    "",
  ].join("\n");
