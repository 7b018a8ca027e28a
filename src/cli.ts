import { parseArgs } from "node:util";
import type { Invocation } from "./commands/invocation.js";
import { EXIT, type ExitCode } from "./lifecycle.js";
import { readVersion } from "./version.js";

const HELP = `walkingpad2mqtt: walking pads (Bluetooth LE) on MQTT and in Home Assistant, and a belt that always stops

  walkingpad2mqtt [run]          the bridge, until a signal
  walkingpad2mqtt demo           the same bridge with simulated pads and a broker of its own; needs nothing
  walkingpad2mqtt check-config   the effective configuration, or everything that is wrong with it
  walkingpad2mqtt health         exit 0 while the bridge is alive, else 1

  --config FILE   default: $WALKINGPAD2MQTT_CONFIG, then ./config/config.yaml, which may be missing
  --port N        demo: where its broker listens (default 1883)
  --help          this text
  --version       the version

Exit codes: 0 clean, 1 unhealthy, 64 usage, 70 internal error, 75 a belt is not safe, 78 configuration.
`;

const OPTIONS = {
  config: { type: "string" },
  port: { type: "string" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "V" },
} as const;

const VERBS = ["run", "demo", "check-config", "health"] as const;
type Verb = (typeof VERBS)[number];

interface Flags {
  readonly config?: string | undefined;
  readonly port?: string | undefined;
  readonly help?: boolean | undefined;
  readonly version?: boolean | undefined;
}

type Parsed = { readonly verb: Verb; readonly flags: Flags } | { readonly wrong: string };

const parse = (argv: readonly string[]): Parsed => {
  let values: Flags;
  let positionals: readonly string[];
  try {
    ({ values, positionals } = parseArgs({
      args: [...argv],
      options: OPTIONS,
      allowPositionals: true,
      strict: true,
    }));
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : String(error) };
  }
  const [word = "run", ...rest] = positionals;
  const verb = VERBS.find((known) => known === word);
  if (verb === undefined) return { wrong: `unknown command "${word}"` };
  if (rest.length > 0) return { wrong: `${verb} takes no argument "${rest.join(" ")}"` };
  if (values.port !== undefined && verb !== "demo")
    return { wrong: "--port is for demo; use embedded_broker.port" };
  return { verb, flags: values };
};

/** Runs one command. Resolves with its exit code; only main.ts exits. */
export const cli = async (invocation: Invocation): Promise<ExitCode> => {
  const { terminal } = invocation;
  const parsed = parse(invocation.argv);
  if ("wrong" in parsed) {
    terminal.err(`${parsed.wrong}\n\n${HELP}`);
    return EXIT.usage;
  }
  const { verb, flags } = parsed;
  if (flags.help) {
    terminal.out(HELP);
    return EXIT.ok;
  }
  if (flags.version) {
    terminal.out(`${readVersion()}\n`);
    return EXIT.ok;
  }
  // Each command loads what it needs: `health` runs every half minute in a container.
  switch (verb) {
    case "run": {
      const { run } = await import("./commands/run.js");
      return run(invocation, flags.config);
    }
    case "demo": {
      const { demo } = await import("./commands/demo.js");
      return demo(invocation, flags.port);
    }
    case "check-config": {
      const { checkConfig } = await import("./commands/check-config.js");
      return checkConfig(invocation, flags.config);
    }
    case "health": {
      const { health } = await import("./commands/health.js");
      return health(invocation, flags.config);
    }
  }
};
