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

/** Before a disconnect: packets that the controller has not sent yet would be lost (ADR 9). */
const DRAIN_MS = 250;
/** Longer than the supervision timeout, by which a controller reports the end of a link whatever the pad does. */
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
 * Resolves when the controller has confirmed it, or at the deadline; then noble is made to forget the connection.
 * Does nothing to a peripheral that is not connected. Never rejects.
 */
export const disconnect = async (
  peripheral: Peripheral,
  { hci, clock, log }: DisconnectDeps,
): Promise<void> => {
  const connection = hci?.connectionOf(peripheral) ?? null;
  // noble throws when it is asked to disconnect what it holds no handle of, and elsewhere never answers.
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
