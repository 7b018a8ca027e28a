import { reasonCode } from "./reason-codes.js";

/**
 * Why a connection ended. `closed`: the broker's machine took the connection and ended it before any CONNACK;
 * `mute`: it never answered; `lost`: it was up.
 */
export type DisconnectReason =
  | { readonly kind: "refused" | "disconnected"; readonly code: number; readonly detail: string }
  | {
      readonly kind: "closed" | "mute" | "unreachable" | "tls" | "broken" | "lost";
      readonly detail: string;
    };

/** The machine was not there, in words of the operating system. */
const UNREACHABLE = [
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "EHOSTDOWN",
  "ENETUNREACH",
  "ENETDOWN",
  "ETIMEDOUT",
];
/** It was there and hung up. */
const HUNG_UP = ["ECONNRESET", "EPIPE", "ECONNABORTED"];

const MESSAGES: Readonly<Record<DisconnectReason["kind"], string>> = {
  refused: "the broker refuses the connection",
  disconnected: "the broker ended the connection",
  closed: "the broker closed the connection without an answer",
  mute: "the broker does not answer",
  unreachable: "the broker cannot be reached",
  tls: "no secure connection to the broker",
  broken: "what answers does not speak MQTT as it should",
  lost: "the connection to the broker is lost",
};

/** How MQTT.js begins its own name of a code that we have named already; a broker's words are kept. */
const MQTTJS_REFUSED = "Connection refused: ";

/** What a code means by its specification. */
const codeWords = (reason: DisconnectReason): readonly string[] => {
  if (!("code" in reason)) return [];
  const meaning = reasonCode(reason.kind, reason.code)?.meaning;
  return [`code ${reason.code}`, ...(meaning === undefined ? [] : [meaning])];
};

/** In words, for a log line. */
export const describe = (reason: DisconnectReason): string => {
  const words = codeWords(reason);
  const known = words.length > 1 && reason.detail.startsWith(MQTTJS_REFUSED);
  const said = known || words.some((word) => word.toLowerCase() === reason.detail.toLowerCase());
  const details = [...words, ...(said || reason.detail === "" ? [] : [reason.detail])];
  return `${MESSAGES[reason.kind]} (${details.join(", ")})`;
};

const codeOf = (error: Error | null): string =>
  error && "code" in error && typeof error.code === "string" ? error.code : "";

/** What a connection's end means; `error` is null when it was simply closed. */
export const disconnectReasonOf = (
  error: Error | null,
  seen: {
    /** The code of its CONNACK; null before. */
    readonly connack: number | null;
    readonly secure: boolean;
    /** No TLS handshake stands in the way of MQTT (any more). */
    readonly secured: boolean;
  },
): DisconnectReason => {
  const code = codeOf(error);
  // Node gives an AggregateError without a message when a name has several addresses and none answers.
  const detail = error ? error.message || code : "connection closed";
  if (seen.connack !== null && seen.connack > 0) return { kind: "refused", code: seen.connack, detail };
  if (seen.connack === 0) return { kind: "lost", detail };
  if (UNREACHABLE.includes(code)) return { kind: "unreachable", detail };
  if (error === null || HUNG_UP.includes(code)) return { kind: seen.secured ? "closed" : "tls", detail };
  return { kind: seen.secure ? "tls" : "broken", detail };
};
