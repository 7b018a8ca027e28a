import type { PadStatus } from "../../domain/pad.js";
import type { Logger } from "../../log/log.js";
import type { MachineEvent } from "../../protocol/ftms/machine-status.js";
import type { Identity } from "./identity.js";
import type { Phase } from "../../domain/state.js";

/** What a machine says of itself, besides its measurements. */
export interface MachineFacts {
  /** Its own record of what is wrong with it; null: nothing. */
  readonly fault: string | null;
  readonly safetyKey: boolean;
  readonly controlLost: boolean;
  /** A standby that only its own panel or remote can end. */
  readonly panelStandby: boolean;
  /** It speaks a variant that is not known. */
  readonly unknownVariant: boolean;
}

export const NO_FAULT: MachineFacts = {
  fault: null,
  safetyKey: false,
  controlLost: false,
  panelStandby: false,
  unknownVariant: false,
};

/** What is known of a pad from what it has said. */
export interface ReceivedFacts extends MachineFacts {
  /** A valid status came since the start. */
  readonly seen: boolean;
  /** The belt was not at rest when the link was lost, and was not seen since. */
  readonly lostMoving: boolean;
  /** Monotonic milliseconds: a value could be read of a machine at rest that says nothing (contract rule 7). */
  readonly aliveAt: number | null;
  /** Epoch milliseconds. */
  readonly lastStatusAt: number | null;
  readonly counters: { readonly statuses: number; readonly badFrames: number };
}

/** What is known of the link to a pad. */
export interface LinkFacts {
  readonly phase: Phase;
  readonly ambiguous: boolean;
  readonly notAPad: boolean;
  readonly rssi: number | null;
  readonly counters: { readonly connects: number; readonly losses: number };
}

/** All of it, for `view()`. */
export interface PadLinkFacts extends ReceivedFacts, LinkFacts {
  readonly identity: Identity;
  readonly counters: ReceivedFacts["counters"] & LinkFacts["counters"];
}

/** What every pad begins with. */
export const NOTHING_RECEIVED: ReceivedFacts = {
  seen: false,
  lostMoving: false,
  ...NO_FAULT,
  aliveAt: null,
  lastStatusAt: null,
  counters: { statuses: 0, badFrames: 0 },
};
export const NO_LINK: LinkFacts = {
  phase: "scanning",
  ambiguous: false,
  notAPad: false,
  rssi: null,
  counters: { connects: 0, losses: 0 },
};

/** What a machine's own word changes: a key that was pulled is back when the machine is reset, or the belt started. */
export const afterEvent = ({ type }: MachineEvent): Partial<Pick<MachineFacts, "safetyKey">> => {
  if (type === "safety-key") return { safetyKey: true };
  return type === "started" || type === "reset" ? { safetyKey: false } : {};
};

/** What a status changes. */
export const afterStatus = (facts: ReceivedFacts, status: PadStatus, wall: number): ReceivedFacts => {
  const runs = status.activity === "running" && (status.speed ?? 0) > 0;
  const safetyKey = facts.safetyKey && !runs;
  const panelStandby = facts.panelStandby && !runs;
  return {
    ...facts,
    seen: true,
    lostMoving: false,
    safetyKey,
    panelStandby,
    aliveAt: null,
    lastStatusAt: wall,
  };
};

/** What people should read in the log when a fact of the machine's own has changed. */
export const logChange = (before: MachineFacts, after: MachineFacts, log: Logger): void => {
  if (after.fault !== before.fault)
    if (after.fault === null) log.info({}, "the machine reports no fault any more");
    else
      log.error({ fault: after.fault }, `The machine reports a fault: ${after.fault}. Look at its manual.`);
  if (after.safetyKey && !before.safetyKey)
    log.warn(
      {},
      "The safety key was pulled: the machine stops the belt. Put it back to start the belt again.",
    );
  if (after.controlLost && !before.controlLost)
    log.warn(
      {},
      "The machine does not let the bridge control it; it is asked again by itself. A stop is written all the same. " +
        "Until then use the machine's own buttons, and close other apps that are connected to it.",
    );
  if (after.panelStandby && !before.panelStandby)
    log.warn(
      {},
      "The pad is in a standby that only its own panel or remote can end. The belt is at rest and no start is obeyed. " +
        "Press a button at the pad.",
    );
  if (after.unknownVariant && !before.unknownVariant)
    log.error(
      {},
      "The pad speaks a variant of its protocol that is not known. Nothing is written to the belt, stops included: use " +
        "the pad's remote. An issue with the log at log.level debug helps to support it.",
    );
  if (before.unknownVariant && !after.unknownVariant) log.info({}, "The pad's variant is known now");
  if (before.controlLost && !after.controlLost) log.info({}, "the machine lets the bridge control it");
};
