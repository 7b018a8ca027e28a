import type { Link } from "../../ble/radio.js";
import { orAborted, withTimeout } from "../../ble/deadline.js";
import type { Clock } from "../../clock.js";
import { BridgeError } from "../../domain/errors.js";
import type { PadSettings } from "../../domain/pad.js";
import { modelFor } from "../../protocol/models.js";
import type { DecodedMessage, Protocol } from "../../protocol/session.js";
import type { Model } from "../../protocol/protocol.js";
import { protocolFor } from "../../protocol/protocols.js";
import type { Logger } from "../../log/log.js";
import { traceLink } from "./traced-link.js";
import { type Connection, lostReason, openConnection } from "./connection.js";

/** The RSSI is read from the controller, not from the pad, so reading it regularly costs nothing. */
const RSSI_EVERY_MS = 30_000;
const RSSI_MS = 2_000;

export interface ServeDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** Returns whether the machine is known to count in miles. */
  readonly onModel: (model: Model) => boolean;
  /** The connection takes a stop. */
  readonly onOpen: (connection: Connection) => void;
  /** It takes every operation, and notifies. */
  readonly onListening: () => void;
  readonly onMessage: (message: DecodedMessage, poll: number | null) => void;
  readonly onRssi: (rssi: number) => void;
}

const protocolOf = (link: Link, settings: PadSettings): Protocol => {
  const protocol = protocolFor(link, settings.protocol);
  if (protocol) return protocol;
  throw new BridgeError(
    "not-a-pad",
    "The device has no service of a walking pad that this bridge supports.",
    {
      retry: "later",
      advice: "Check its address with `walkingpad2mqtt scan`, and its `protocol` in the config.",
    },
  );
};

/** Runs a connected link until `gone` aborts. Rejects with the BridgeError that ended it. */
export const runConnection = async (
  link: Link,
  settings: PadSettings,
  deps: ServeDeps,
  gone: AbortSignal,
): Promise<never> => {
  const protocol = protocolOf(link, settings);
  const model = modelFor(protocol.name, link.name);
  const imperial = deps.onModel(model);
  const { clock, onMessage } = deps;
  const traced = traceLink(link, deps.log, (characteristic, bytes) => protocol.masked(characteristic, bytes));
  const connection = openConnection(traced, protocol, model, imperial, { clock, gone, onMessage });
  // A subscription that hangs must not delay a stop.
  if (protocol.stopsWithoutTelemetry) deps.onOpen(connection);
  await orAborted(connection.listen(), gone);
  if (!protocol.stopsWithoutTelemetry) deps.onOpen(connection);
  const stopAsking = clock.every(RSSI_EVERY_MS, () => {
    const asked = link.rssi({ signal: link.lost });
    // A controller that does not report it is not a fault of the link.
    withTimeout(asked, { clock, ms: RSSI_MS, signal: link.lost, what: "reading the RSSI" })
      .then((rssi) => rssi !== null && deps.onRssi(rssi))
      .catch(() => undefined);
  });
  try {
    deps.onListening();
    return await ended(link, gone);
  } finally {
    stopAsking();
  }
};

const ended = (link: Link, gone: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const end = (): void => {
      link.lost.removeEventListener("abort", end);
      gone.removeEventListener("abort", end);
      const reason: unknown = gone.reason;
      reject(reason instanceof BridgeError ? reason : lostReason(link));
    };
    link.lost.addEventListener("abort", end);
    gone.addEventListener("abort", end);
    if (link.lost.aborted || gone.aborted) end();
  });
