import type { Mode } from "./pad.js";

/** The values of the `command` key (docs/topics.md, Commands). */
export const VERBS = ["start", "stop", "pause", "resume", "faster", "slower", "toggle"] as const;
export type Verb = (typeof VERBS)[number];

/** One key of a message, parsed: values are known, numbers finite. Speeds are in km/h as requested. */
export type Command =
  | { readonly key: "belt"; readonly value: "ON" | "OFF" }
  /** `keepsRest`: only for a moving belt; at rest the speed is refused and starts nothing. */
  | { readonly key: "speed"; readonly value: number; readonly keepsRest?: true }
  | { readonly key: "mode"; readonly value: Mode }
  | { readonly key: "incline"; readonly value: number }
  | { readonly key: "command"; readonly value: Verb }
  | { readonly key: "link"; readonly value: "ON" | "OFF" };

export type CommandKey = Command["key"];
export const COMMAND_KEYS: readonly CommandKey[] = ["belt", "speed", "mode", "incline", "command", "link"];

export const RESULT_CODES = [
  "invalid-payload",
  "out-of-range",
  "unsupported",
  "not-connected",
  "stopping",
  "start-not-allowed",
  "superseded",
  "unconfirmed",
  "link-lost",
  "radio-off",
  "retained",
] as const;
export type ResultCode = (typeof RESULT_CODES)[number];

/**
 * The result of one key. A failure has a code and a sentence: what happened, what it means for the belt, what to do.
 */
export type Outcome =
  | { readonly status: "ok" }
  | { readonly status: "error"; readonly code: ResultCode; readonly message: string };

export const OK: Outcome = { status: "ok" };
export const failure = (code: ResultCode, message: string): Outcome => ({ status: "error", code, message });

/** One key of a message, and the receiver of its result. `respond` is called exactly once. */
export interface CommandRequest {
  readonly command: Command;
  readonly respond: (outcome: Outcome) => void;
}

/** A stop that is readable, whatever the other keys of its message are (docs/topics.md: one message is one intent). */
export const isStop = (command: Command): boolean =>
  (command.key === "belt" && command.value === "OFF") ||
  (command.key === "speed" && command.value === 0) ||
  (command.key === "command" && (command.value === "stop" || command.value === "pause"));
