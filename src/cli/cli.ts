import { parseArgs } from "node:util";
import type { Invocation } from "./invocation.js";
import { asError } from "../domain/errors.js";
import { visible } from "../domain/visible.js";
import { EXIT, type ExitCode } from "../process/lifecycle.js";
import { readVersion } from "../version.js";

const HELP = `walkingpad2mqtt: walking pads (Bluetooth LE) on MQTT and in Home Assistant, and a belt that always stops

  walkingpad2mqtt [run]          runs the bridge until a signal ends it
  walkingpad2mqtt demo           runs the bridge with simulated pads and an embedded broker; needs nothing else
  walkingpad2mqtt scan           lists the pads in range and the configuration to add
  walkingpad2mqtt sessions       lists the recorded sessions, also while the bridge runs
  walkingpad2mqtt check-config   prints the effective configuration, or all its errors
  walkingpad2mqtt health         exits with 0 while the bridge is alive, else 1

  --config FILE   default: $WALKINGPAD2MQTT_CONFIG, then ./config/config.yaml, which may be missing
  --port N        demo: the port of its broker (default 1883)
  --model NAMES   demo: simulates these models instead, as in ks-c2,sperax
  --seconds N     scan: how long to scan (default 10)
  --json          scan: JSON output
  --save          scan: adds the pads found to the configuration
  --pad ID        sessions: only of this pad
  --since DATE    sessions: from this day on, 2026-11-22
  --imperial      sessions: in miles (not in TCX and FIT, which use metres)
  --format F      sessions: table (default), csv, json, tcx or fit (one session per file)
  --output FILE   sessions: output file; for fit also a folder
  --help          this text
  --version       the version

Exit codes: 0 clean, 1 unhealthy, 64 usage, 69 no usable radio (scan), 70 internal error, 75 a belt is not safe, 78 configuration.
`;

const OPTIONS = {
  config: { type: "string" },
  port: { type: "string" },
  model: { type: "string" },
  seconds: { type: "string" },
  json: { type: "boolean" },
  save: { type: "boolean" },
  pad: { type: "string" },
  since: { type: "string" },
  imperial: { type: "boolean" },
  format: { type: "string" },
  output: { type: "string" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "V" },
} as const;

const VERBS = ["run", "demo", "scan", "sessions", "check-config", "health"] as const;
type Verb = (typeof VERBS)[number];

/** Flags that only one command takes. */
const FLAG_OWNERS = [
  ["port", "demo"],
  ["model", "demo"],
  ["seconds", "scan"],
  ["json", "scan"],
  ["save", "scan"],
  ["pad", "sessions"],
  ["since", "sessions"],
  ["imperial", "sessions"],
  ["format", "sessions"],
  ["output", "sessions"],
] as const;

type Flags = {
  readonly [Name in keyof typeof OPTIONS]?:
    ((typeof OPTIONS)[Name]["type"] extends "boolean" ? boolean : string) | undefined;
};

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
    // Node adds a hint about positional arguments that begin with a dash; no command takes any.
    const message = asError(error).message.replace(/\. To specify a positional.*$/s, "");
    return { wrong: message.replaceAll("\n", " ") };
  }
  const [word = "run", ...rest] = positionals;
  const verb = VERBS.find((known) => known === word);
  if (verb === undefined) return { wrong: `unknown command "${word}"` };
  if (rest.length > 0) return { wrong: `${verb} takes no argument "${rest.join(" ")}"` };
  const foreign = FLAG_OWNERS.find(([flag, owner]) => values[flag] !== undefined && owner !== verb);
  if (foreign) return { wrong: `--${foreign[0]} is for ${foreign[1]}, not for ${verb}` };
  return { verb, flags: values };
};

/** Runs one command. Resolves with its exit code; only main.ts exits. */
export const cli = async (invocation: Invocation): Promise<ExitCode> => {
  const { terminal } = invocation;
  const parsed = parse(invocation.argv);
  if ("wrong" in parsed) {
    terminal.err(`${visible(parsed.wrong)}\n\n${HELP}`);
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
      const { run } = await import("./run.js");
      return run(invocation, flags.config);
    }
    case "demo": {
      const { demo } = await import("./demo.js");
      return demo(invocation, flags);
    }
    case "scan": {
      const { scan } = await import("./scan.js");
      return scan(invocation, flags);
    }
    case "sessions": {
      const { sessions } = await import("./sessions.js");
      return sessions(invocation, flags);
    }
    case "check-config": {
      const { checkConfig } = await import("./check-config.js");
      return checkConfig(invocation, flags.config);
    }
    case "health": {
      const { health } = await import("./health.js");
      return health(invocation, flags.config);
    }
  }
};
