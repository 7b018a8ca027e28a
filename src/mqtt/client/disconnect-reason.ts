import { reasonCode } from "./reason-codes.js";

/**
 * Why a connection ended. `closed`: the broker's machine accepted the connection and closed it before any CONNACK;
 * `mute`: it never answered; `lost`: the connection was ready.
 */
export type DisconnectReason =
  | { readonly kind: "refused" | "disconnected"; readonly code: number; readonly detail: string }
  | {
      readonly kind: "closed" | "mute" | "unreachable" | "tls" | "broken" | "lost";
      readonly detail: string;
    };

/** The machine was not reachable, by the operating system's error codes. */
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
/** It was reachable and closed the connection. */
const HUNG_UP = ["ECONNRESET", "EPIPE", "ECONNABORTED"];

const MESSAGES: Readonly<Record<DisconnectReason["kind"], string>> = {
  refused: "Broker refuses the connection",
  disconnected: "Broker closed the connection",
  closed: "Broker closed the connection without an answer",
  mute: "Broker does not answer",
  unreachable: "Broker cannot be reached",
  tls: "No secure connection to the broker",
  broken: "Invalid MQTT reply",
  lost: "Connection to the broker lost",
};

/** The prefix of MQTT.js's own name of a code that is described below; a broker's text is kept. */
const MQTTJS_REFUSED = "Connection refused: ";

/** The meaning of a code in its specification. */
const codeTexts = (reason: DisconnectReason): readonly string[] => {
  if (!("code" in reason)) return [];
  const meaning = reasonCode(reason.kind, reason.code)?.meaning;
  return [`code ${reason.code}`, ...(meaning === undefined ? [] : [meaning])];
};

/** The reason as text, for a log line. */
export const describe = (reason: DisconnectReason): string => {
  const texts = codeTexts(reason);
  const known = texts.length > 1 && reason.detail.startsWith(MQTTJS_REFUSED);
  const repeats = known || texts.some((text) => text.toLowerCase() === reason.detail.toLowerCase());
  const details = [...texts, ...(repeats || reason.detail === "" ? [] : [reason.detail])];
  return `${MESSAGES[reason.kind]} (${details.join(", ")})`;
};

const codeOf = (error: Error | null): string =>
  error && "code" in error && typeof error.code === "string" ? error.code : "";

/** The reason of a connection's end; `error` is null when it was closed without an error. */
export const disconnectReasonOf = (
  error: Error | null,
  seen: {
    /** The code of its CONNACK; null before. */
    readonly connack: number | null;
    readonly secure: boolean;
    /** No TLS handshake is pending. */
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
