import type { Capabilities, ProtocolName } from "../../domain/pad.js";
import type { Belt, LinkStateName, PadState, Phase, Problem } from "../../domain/state.js";
import type { Control } from "./goals.js";
import { targetOf } from "./speed.js";
import { beltState, isKnown, isMoving, showsRest, SILENCE_MS, type Telemetry } from "./telemetry.js";

/** The facts about a pad; `PadState` is a function of them and of the time. */
export interface PadFacts {
  readonly control: Control;
  readonly telemetry: Telemetry;
  readonly phase: Phase;
  readonly ending: boolean;
  /** The link was closed by the end of the program, however the belt was left. */
  readonly over: boolean;
  /** The link was lost while the belt was not at rest. */
  readonly lostMoving: boolean;
  /** The last run ended within the last 10 minutes without seeing the belt at rest (safety rule 9). */
  readonly crashCounts: boolean;
  readonly radioOn: boolean;
  readonly ambiguous: boolean;
  readonly notAPad: boolean;
  /** Links in a row without a valid status. */
  readonly silentLinks: number;
  readonly fault: string | null;
  readonly safetyKey: boolean;
  readonly controlLost: boolean;
  /** The broker does not deliver commands, not even a stop. */
  readonly commandsBlocked: boolean;
  readonly panelStandby: boolean;
  /** Monotonic milliseconds. */
  readonly aliveAt: number | null;
  readonly capabilities: Capabilities | null;
  readonly protocol: ProtocolName | null;
  readonly model: string | null;
  readonly rssi: number | null;
  readonly lastStatusAt: number | null;
}

type Seen = Pick<PadFacts, "control" | "telemetry" | "phase" | "aliveAt">;

/** docs/topics.md, availability: a valid status arrived on this link, and within 5 s. */
export const isAvailable = ({ phase, control, telemetry, aliveAt }: Seen, now: number): boolean =>
  phase === "ready" &&
  ((control.statusSeen && isKnown(telemetry, now)) || (aliveAt !== null && now - aliveAt <= SILENCE_MS));

export const beltOf = (seen: Seen, now: number): Belt =>
  isAvailable(seen, now) ? beltState(seen.telemetry, now, seen.control.stop !== null) : "unknown";

const linkState = (facts: PadFacts): LinkStateName => {
  if (facts.phase === "off") return "off";
  if (facts.over || (facts.ending && facts.phase === "ready")) return "stopping";
  if (facts.phase === "ready" || facts.phase === "connecting") return facts.phase;
  return facts.lostMoving ? "lost" : "scanning";
};

/** A stop past its deadline, of a belt that moved when it was last seen, or of a connected pad that is silent. */
const stopIsOverdue = ({ control: { stop }, telemetry, phase, lostMoving }: PadFacts): boolean => {
  if (!stop?.overdue) return false;
  return lostMoving || stop.movedWhenLost || (phase === "ready" && !showsRest(telemetry));
};

/** The last run's stop: until rest is seen, and for a pad that is away only as long as its belt could be moving. */
const isLeftUnconfirmed = ({ control, phase, crashCounts }: PadFacts): boolean =>
  control.leftMoving && (phase === "ready" || crashCounts);

/** One may be silent because of the air. */
const SILENT_LINKS = 3;

/**
 * A pad that is connected again and again and never reports its belt, or not in a way that can be read: it may move.
 * Nothing is refused for it, since the air may be the reason.
 */
const isSilent = ({ silentLinks, radioOn }: PadFacts): boolean => radioOn && silentLinks >= SILENT_LINKS;

/** The most severe problem first (docs/topics.md). A pad that is merely away has none. */
const problem = (facts: PadFacts): Problem | null => {
  // The state after the end is retained: a link that was closed is not lost.
  if (facts.over) return facts.control.stop ? "stop-unconfirmed" : null;
  if (stopIsOverdue(facts) || isLeftUnconfirmed(facts)) return "stop-unconfirmed";
  if (facts.lostMoving) return "link-lost";
  if (facts.phase === "ready" && facts.control.access === "none") return "unknown-variant";
  if (facts.telemetry.blind || isSilent(facts)) return "no-telemetry";
  if (facts.commandsBlocked) return "commands-blocked";
  if (facts.fault !== null) return "fault";
  if (facts.safetyKey) return "safety-key";
  if (facts.controlLost) return "control-lost";
  if (facts.panelStandby) return "panel-standby";
  if (!facts.radioOn && facts.phase !== "off") return "radio-off";
  if (facts.ambiguous && facts.phase === "scanning") return "ambiguous-name";
  if (facts.notAPad) return "not-a-pad";
  // FTMS numbers in miles are converted; WiLink's are only assumed to be miles (safety rule 12).
  return facts.capabilities?.imperial && facts.protocol === "wilink" ? "imperial-units" : null;
};

export const padState = (facts: PadFacts, now: number): PadState => {
  const { telemetry, control } = facts;
  const isShown = isAvailable(facts, now) && isKnown(telemetry, now) && !telemetry.blind;
  const status = isShown ? telemetry.last?.status : undefined;
  const belt = beltOf(facts, now);
  const underWay = belt === "running" || belt === "starting";
  return {
    belt,
    running: belt === "unknown" ? null : underWay,
    moving: status ? isMoving(telemetry) : null,
    mode: status?.mode ?? null,
    speed: status?.speed ?? null,
    targetSpeed: underWay ? targetOf(control) : null,
    incline: status?.incline ?? null,
    heartRate: status?.heartRate ?? null,
    link: linkState(facts),
    stopConfirmed: control.stopConfirmed,
    problem: problem(facts),
    protocol: facts.protocol,
    model: facts.model,
    rssi: facts.rssi,
    lastStatusAt: facts.lastStatusAt,
  };
};
