import type { PadStatus } from "../../domain/pad.js";
import type { Logger } from "../../log/log.js";
import type { MachineEvent } from "../../protocol/ftms/machine-status.js";
import type { Identity } from "../../domain/identity.js";
import type { Phase } from "../../domain/state.js";

/** A machine's own state, besides its measurements. */
export interface MachineFacts {
  /** Its own record of a fault; null: none. */
  readonly fault: string | null;
  readonly safetyKey: boolean;
  readonly controlLost: boolean;
  /** A standby that only its own panel or remote ends. */
  readonly panelStandby: boolean;
  /** It uses an unknown variant. */
  readonly unknownVariant: boolean;
}

export const NO_FAULT: MachineFacts = {
  fault: null,
  safetyKey: false,
  controlLost: false,
  panelStandby: false,
  unknownVariant: false,
};

/** The facts about a pad from its messages. */
export interface ReceivedFacts extends MachineFacts {
  /** A valid status arrived since the start. */
  readonly seen: boolean;
  /** The belt was not at rest when the link was lost, and was not seen since. */
  readonly lostMoving: boolean;
  /** Monotonic milliseconds: the last read value of a machine that sends nothing at rest (safety rule 7). */
  readonly aliveAt: number | null;
  /** Epoch milliseconds. */
  readonly lastStatusAt: number | null;
  readonly counters: { readonly statuses: number; readonly badFrames: number };
}

/** The facts about the link to a pad. */
export interface LinkFacts {
  readonly phase: Phase;
  readonly ambiguous: boolean;
  readonly notAPad: boolean;
  /** Links in a row that carried no valid status and were given up as silent. */
  readonly silentLinks: number;
  readonly rssi: number | null;
  readonly counters: { readonly connects: number; readonly losses: number };
}

/** All of them, for `view()`. */
export interface PadLinkFacts extends ReceivedFacts, LinkFacts {
  readonly identity: Identity;
  readonly counters: ReceivedFacts["counters"] & LinkFacts["counters"];
}

/** The initial facts of every pad. */
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
  silentLinks: 0,
  rssi: null,
  counters: { connects: 0, losses: 0 },
};

/** The effect of a machine's event: a pulled key is back when the machine is reset, or the belt started. */
export const afterEvent = ({ type }: MachineEvent): Partial<Pick<MachineFacts, "safetyKey">> => {
  if (type === "safety-key") return { safetyKey: true };
  return type === "started" || type === "reset" ? { safetyKey: false } : {};
};

/** The effect of a status. */
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

/** The log lines for changes of the machine's own state. */
export const logChange = (before: MachineFacts, after: MachineFacts, log: Logger): void => {
  if (after.fault !== before.fault)
    if (after.fault === null) log.info({}, "The machine reports no fault any more");
    else log.error({ fault: after.fault }, `The machine reports a fault: ${after.fault}. See its manual.`);
  if (after.safetyKey && !before.safetyKey)
    log.warn(
      {},
      "The safety key was pulled: the machine stops the belt. Put it back to start the belt again.",
    );
  if (after.controlLost && !before.controlLost)
    log.warn(
      {},
      "The machine refuses control; the bridge requests it again by itself. A stop is written nevertheless. " +
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
      "The pad uses an unknown variant of its protocol. Nothing is written to the belt, not even a stop: use " +
        "the pad's remote. An issue with the log at log.level debug helps to support it.",
    );
  if (before.unknownVariant && !after.unknownVariant) log.info({}, "The pad's variant is known now");
  if (before.controlLost && !after.controlLost) log.info({}, "The machine grants control to the bridge");
};
