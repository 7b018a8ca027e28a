/** When a retry makes sense. */
export type Retry = "now" | "soon" | "later" | "never";

export type ErrorCode =
  | "radio-unavailable"
  | "radio-unauthorized"
  | "radio-off"
  | "radio-busy"
  | "connect-failed"
  | "connect-timeout"
  | "link-lost"
  | "link-closed"
  | "not-a-pad"
  | "write-failed"
  | "read-failed"
  | "silent"
  | "timeout"
  | "aborted"
  | "broker"
  | "config"
  | "port-in-use"
  | "store-in-use"
  | "store";

/** An error with a stable code, when to retry, and advice for the user. */
export class BridgeError extends Error {
  readonly code: ErrorCode;
  readonly retry: Retry;
  readonly advice: string | null;

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly retry?: Retry; readonly advice?: string; readonly cause?: unknown } = {},
  ) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.name = "BridgeError";
    this.code = code;
    this.retry = options.retry ?? "soon";
    this.advice = options.advice ?? null;
  }
}

/** Converts any thrown value to an Error. */
export const asError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(String(thrown));
