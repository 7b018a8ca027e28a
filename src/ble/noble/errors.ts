import { asError, BridgeError, type ErrorCode, type Retry } from "../../domain/errors.js";
import type { Address, RadioState, RadioStateName } from "../radio.js";

// The one place that maps errors of noble, the kernel and the controller to codes and advice.

interface Row {
  readonly code: ErrorCode;
  readonly retry: Retry;
  readonly message: string;
  readonly advice: string;
}

/** By errno, or by the name that stands for it on other platforms; looked up in this order. */
const ADAPTER: Readonly<Record<string, Row>> = {
  // Also seen in a container without the host's network: the kernel offers Bluetooth sockets in its first network only.
  EAFNOSUPPORT: {
    code: "radio-unavailable",
    retry: "later",
    message: "This system does not support Bluetooth.",
    advice:
      "Plug in a Bluetooth adapter and load the kernel module (modprobe bluetooth); a container needs network_mode: host.",
  },
  ENODEV: {
    code: "radio-unavailable",
    retry: "later",
    message: "There is no Bluetooth adapter {hci}.",
    advice: "Plug it in, or set bluetooth.adapter to one that `hciconfig` lists.",
  },
  EPERM: {
    code: "radio-unauthorized",
    retry: "later",
    message: "The bridge may not use the Bluetooth adapter {hci}.",
    advice:
      'Give node the capability: sudo setcap cap_net_raw,cap_net_admin+eip "$(readlink -f "$(command -v node)")"; ' +
      "a container needs cap_add: [NET_ADMIN, NET_RAW], and to run as root where it has no-new-privileges.",
  },
  EBUSY: {
    code: "radio-busy",
    retry: "later",
    message: "Another program uses the Bluetooth adapter {hci}.",
    advice: "Stop the other program, or give the bridge an adapter of its own (bluetooth.adapter).",
  },
  ENETDOWN: {
    code: "radio-off",
    retry: "later",
    message: "The Bluetooth adapter {hci} is switched off.",
    advice: "Switch it on: rfkill unblock bluetooth, then bluetoothctl power on (or hciconfig {hci} up).",
  },
  SILENT: {
    code: "radio-busy",
    retry: "later",
    message: "The Bluetooth adapter {hci} does not answer.",
    advice:
      "Stop other programs that use it; if that does not help: hciconfig {hci} reset, or plug it in again.",
  },
  UNSUPPORTED: {
    code: "radio-unavailable",
    retry: "later",
    message: "The Bluetooth adapter {hci} does not support Bluetooth Low Energy.",
    advice: "Use an adapter for Bluetooth 4.0 or newer (bluetooth.adapter).",
  },
  MODULE_NOT_FOUND: {
    code: "radio-unavailable",
    retry: "later",
    message: "The Bluetooth library is not installed, or was not compiled.",
    advice:
      "Install g++, make and python3, then walkingpad2mqtt again; npm must not leave out optional packages " +
      "(--omit=optional) or their install scripts (--ignore-scripts).",
  },
};

/** Other names of the same errors. EBADFD: the kernel's errno for a socket whose adapter is gone. */
const SAME: Readonly<Record<string, string>> = {
  EACCES: "EPERM",
  EPROTONOSUPPORT: "EAFNOSUPPORT",
  EBADFD: "ENODEV",
  ENXIO: "ENODEV",
  ERR_MODULE_NOT_FOUND: "MODULE_NOT_FOUND",
  ERR_DLOPEN_FAILED: "MODULE_NOT_FOUND",
};

/** The adapter's error, from a thrown error (errno in `code`) or from one of the keys above. */
export const adapterError = (cause: unknown, adapter: number): BridgeError => {
  const code = typeof cause === "string" ? cause : codeOf(cause);
  const row = ADAPTER[SAME[code] ?? code];
  if (!row)
    return new BridgeError("radio-unavailable", `Bluetooth does not work: ${asError(cause).message}.`, {
      retry: "later",
      advice: "The bridge tries again by itself; the log at level debug shows more.",
      cause,
    });
  const name = (text: string): string => text.replaceAll("{hci}", `hci${adapter}`);
  return new BridgeError(row.code, name(row.message), { retry: row.retry, advice: name(row.advice), cause });
};

const codeOf = (cause: unknown): string =>
  cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : "";

const WORDS: Readonly<Partial<Record<ErrorCode, RadioStateName>>> = {
  "radio-off": "off",
  "radio-unauthorized": "unauthorized",
};

/** The radio's state while this error lasts. */
export const stateFromError = ({ code, message, advice }: BridgeError): RadioState => ({
  state: WORDS[code] ?? "unavailable",
  advice: advice === null ? message : `${message} ${advice}`,
});

/** HCI status codes of a failed connect (Core spec Vol 1 Part F) for which there is more specific advice. */
const CONNECT: Readonly<Partial<Record<number, Omit<Row, "message">>>> = {
  0x09: {
    code: "connect-failed",
    retry: "later",
    advice: "The adapter has reached its limit of links: use a second adapter.",
  },
  0x0b: {
    code: "connect-failed",
    retry: "soon",
    advice: "An earlier link is still open: bluetoothctl disconnect {address}",
  },
  0x0c: { code: "radio-busy", retry: "soon", advice: "Another program is using the adapter." },
};

/** Why a connect failed. A BridgeError is kept, a timeout becomes `connect-timeout`. */
export const connectError = (cause: unknown, address: Address): BridgeError => {
  if (cause instanceof BridgeError && cause.code !== "timeout" && cause.code !== "link-lost") return cause;
  const { message } = asError(cause);
  if (cause instanceof BridgeError && cause.code === "timeout")
    return new BridgeError("connect-timeout", message, {
      advice: "Is the pad awake, near, and free of the phone's app?",
      cause,
    });
  // noble puts the status into the text of its error: "Connection Timeout (0x8)".
  const status = /\(0x([0-9a-f]+)\)/.exec(message)?.[1];
  const row = status === undefined ? undefined : CONNECT[parseInt(status, 16)];
  const text = `Connecting to ${address} failed: ${message.replace(/\.$/, "")}.`;
  return new BridgeError(row?.code ?? "connect-failed", text, {
    retry: row?.retry ?? "soon",
    advice:
      row?.advice.replace("{address}", address) ?? "Is the pad awake, near, and free of the phone's app?",
    cause,
  });
};

/** HCI reasons of a disconnection (Core spec Vol 1 Part F). */
const REASONS: Readonly<Partial<Record<number, string>>> = {
  0x08: "no answer from the pad (out of range, or without power)",
  0x13: "the pad closed it",
  0x15: "the pad switched off",
  0x16: "this computer closed it",
  0x22: "no answer from the pad",
  0x3e: "it was never fully established (weak signal)",
};

export const linkLost = (address: Address, reason: number | undefined, cause?: unknown): BridgeError => {
  const why = reason === undefined ? "" : `: ${REASONS[reason] ?? `reason 0x${reason.toString(16)}`}`;
  return new BridgeError("link-lost", `The Bluetooth link to ${address} was lost${why}.`, {
    retry: "now",
    cause,
  });
};

/** ATT error codes (Core spec Vol 3 Part F 3.4.1.1). */
const ATT: Readonly<Partial<Record<number, string>>> = {
  0x01: "invalid handle",
  0x02: "read not permitted",
  0x03: "write not permitted",
  0x05: "it asks for authentication",
  0x06: "request not supported",
  0x08: "it asks for authorization",
  0x0a: "attribute not found",
  0x0d: "invalid length",
  0x0e: "unlikely error",
  0x0f: "it asks for encryption",
  0x11: "insufficient resources",
};

/** The pad answered a request with an ATT error. */
export const attError = (code: ErrorCode, what: string, status: number): BridgeError =>
  new BridgeError(code, `The pad refused ${what}: ${ATT[status] ?? "ATT error"} (0x${status.toString(16)}).`);
