import type { Clock } from "../clock.js";
import type { Ending } from "../process/lifecycle.js";

/** Where a command's result goes; the log has an output of its own. */
export interface Terminal {
  readonly out: (text: string | Uint8Array) => void;
  readonly err: (text: string) => void;
}

export interface Invocation {
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly ending: Ending;
  readonly terminal: Terminal;
}
