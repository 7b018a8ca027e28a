import type { Clock } from "../../clock.js";
import type { Logger } from "../../log/log.js";
import { awaitCompletion } from "./event.js";
import type { NobleHci } from "./hci.js";
import type { Peripheral } from "./internals.js";
import { deadlineSignal } from "../deadline.js";

interface DisconnectDeps {
  readonly hci: NobleHci | null;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Wait before a disconnect, which discards packets that the controller has not sent yet (ADR 9). */
const DRAIN_MS = 250;
/** Longer than the supervision timeout, within which a controller reports the end of a link in any case. */
const CLOSE_MS = 2_250;

/** Disconnects once the last packets are sent, or after a short wait. Bounded; never rejects. */
export const disconnectGracefully = async (peripheral: Peripheral, deps: DisconnectDeps): Promise<void> => {
  const { hci, clock, log } = deps;
  const connection = hci?.connectionOf(peripheral) ?? null;
  if (hci && connection !== null) {
    const scope = deadlineSignal({ clock, ms: DRAIN_MS, what: "sending the last packets" }, []);
    await hci
      .drained(connection, scope.signal)
      .catch((error: unknown) => log.debug({ err: error }, "Unsent packets discarded"));
    scope.release();
  }
  await disconnect(peripheral, deps);
};

/**
 * Resolves when the controller has confirmed the disconnect, or at the deadline; then noble's record of the connection
 * is removed. Does nothing to a peripheral that is not connected. Never rejects.
 */
export const disconnect = async (
  peripheral: Peripheral,
  { hci, clock, log }: DisconnectDeps,
): Promise<void> => {
  const connection = hci?.connectionOf(peripheral) ?? null;
  // noble throws on a disconnect without a handle, and on other platforms never answers it.
  if (hci ? connection === null : !CONNECTED.includes(peripheral.state)) return;
  const scope = deadlineSignal({ clock, ms: CLOSE_MS, what: "disconnecting" }, []);
  try {
    await awaitCompletion(peripheral, "disconnect", () => peripheral.disconnect(), scope.signal);
  } catch (error) {
    log.debug({ err: error }, "Disconnect not confirmed by the controller");
    if (connection !== null) hci?.own.forget(connection);
  } finally {
    scope.release();
  }
};

const CONNECTED: readonly string[] = ["connected", "connecting"];
