import { existsSync } from "node:fs";
import { type Config } from "../config/config.js";
import type { ConfigError } from "../config/errors.js";
import { loadConfig } from "../config/load.js";
import { visible } from "../domain/visible.js";
import type { Terminal } from "./invocation.js";

const FROM_ENVIRONMENT = "WALKINGPAD2MQTT_CONFIG";
/** The only config file that may be missing. */
const DEFAULT_FILE = "./config/config.yaml";

export interface LoadedConfig {
  readonly config: Config;
  readonly warnings: readonly string[];
  /** The file it came from, for messages. */
  readonly file: string;
  /** The environment replaces the pads of the file. */
  readonly padsFromEnvironment: boolean;
  /** The default file does not exist. */
  readonly isMissing: boolean;
  /** Home Assistant's add-on: its user runs no command and edits no file. */
  readonly isAddOn: boolean;
}

/** Formats all configuration errors. */
type Describe = (errors: readonly ConfigError[], logFormat: Config["log"]["format"]) => string;

/** The config by the rules of docs/command-line.md; null when it is invalid, after every error has been printed. */
export const readConfig = (
  flag: string | undefined,
  env: NodeJS.ProcessEnv,
  terminal: Terminal,
  write: Describe = describe,
): LoadedConfig | null => {
  const named = flag ?? (env[FROM_ENVIRONMENT] === "" ? undefined : env[FROM_ENVIRONMENT]);
  const file = named ?? DEFAULT_FILE;
  const loaded = loadConfig({ file, explicit: named !== undefined, env });
  if (loaded.ok)
    return {
      config: loaded.config,
      warnings: loaded.warnings,
      file,
      padsFromEnvironment: loaded.sources.get("pads") === "environment",
      isMissing: !existsSync(file),
      isAddOn: env["SUPERVISOR_TOKEN"] !== undefined,
    };
  terminal.err(write(loaded.errors, loaded.logFormat));
  return null;
};

/** What a new user has to do next, as sentences. */
export const nextSteps = ({ config, file: path, isMissing, isAddOn }: LoadedConfig): readonly string[] => {
  if (config.pads.length > 0) return [];
  if (isAddOn)
    return [
      "To add a pad: wake it by its button or its remote, open Walking pad in the sidebar and choose Use this pad. " +
        "Or copy its name and address from this log and add it under Pads on the add-on's Configuration tab.",
    ];
  const file = visible(path);
  const option = file === DEFAULT_FILE ? "" : ` --config ${file}`;
  return [
    isMissing
      ? `${file} does not exist yet: settings not in the environment have their defaults.`
      : `${file} has no pads yet.`,
    "To add yours: wake it by its button or its remote; the bridge logs its name and address, which go under `pads`. " +
      `Or end the bridge and run \`walkingpad2mqtt scan${option} --save\`, which writes them.`,
  ];
};

/** A JSON log stays JSON: one line for each error. */
export const describeForLog =
  (time: string, isTty: boolean): Describe =>
  (errors, logFormat) => {
    if (logFormat === "pretty" || (logFormat === "auto" && isTty)) return describe(errors);
    const line = ({ key, message }: ConfigError): string =>
      `${JSON.stringify({ level: "fatal", time, key, msg: `The configuration has an error. ${message}` })}\n`;
    return errors.map(line).join("");
  };

const describe = (errors: readonly ConfigError[]): string =>
  [
    errors.length === 1
      ? "The configuration has an error:"
      : `The configuration has ${errors.length} errors:`,
    ...errors.map(({ message }) => `  - ${message}`),
    "",
  ].join("\n");
