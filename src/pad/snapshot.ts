import type { Capabilities, ProtocolName } from "../domain/pad.js";
import type { LinkWord, PadState, Problem } from "../domain/state.js";
import type { Speed } from "../domain/units.js";
import type { Control } from "./goals.js";
import type { Phase } from "./supervisor.js";
import { beltWord, isKnown, isMoving, type Telemetry } from "./telemetry.js";

/** What a pad knows about itself; `PadState` is a function of it and of the time. */
export interface PadFacts {
  readonly control: Control;
  readonly telemetry: Telemetry;
  readonly phase: Phase;
  readonly ending: boolean;
  /** The link was lost while the belt was not at rest. */
  readonly lostMoving: boolean;
  readonly stopConfirmed: boolean;
  readonly radioOn: boolean;
  readonly ambiguous: boolean;
  readonly notAPad: boolean;
  readonly target: Speed | null;
  readonly capabilities: Capabilities | null;
  readonly protocol: ProtocolName | null;
  readonly model: string | null;
  readonly rssi: number | null;
  readonly lastStatusAt: number | null;
}

const linkWord = (facts: PadFacts): LinkWord => {
  if (facts.phase === "off") return "off";
  if (facts.ending && facts.phase === "ready") return "stopping";
  if (facts.phase === "ready" || facts.phase === "connecting") return facts.phase;
  return facts.lostMoving ? "lost" : "scanning";
};

/** The gravest problem first (contract 3). A pad that is merely away has none. */
const problem = (facts: PadFacts): Problem | null => {
  const { stop } = facts.control;
  const matters = facts.phase === "ready" || (stop?.movedWhenLost ?? false) || facts.lostMoving;
  if (stop?.deadline === null && matters) return "stop-unconfirmed";
  if (facts.lostMoving && facts.phase !== "ready") return "link-lost";
  if (!facts.radioOn && facts.phase !== "off") return "radio-off";
  if (facts.ambiguous) return "ambiguous-name";
  if (facts.notAPad) return "not-a-pad";
  return facts.capabilities?.imperial ? "imperial-units" : null;
};

export const padState = (facts: PadFacts, now: number): PadState => {
  const { telemetry, control } = facts;
  const known = facts.phase === "ready" && control.greeted && isKnown(telemetry, now);
  const status = known ? telemetry.last?.status : undefined;
  const belt = known ? beltWord(telemetry, now, control.stop !== null) : "unknown";
  const underWay = belt === "running" || belt === "starting";
  return {
    belt,
    running: belt === "unknown" ? null : underWay,
    moving: status?.speed === undefined ? null : isMoving(telemetry),
    mode: status?.mode ?? null,
    speed: status?.speed ?? null,
    targetSpeed: underWay ? (control.speed?.target ?? facts.target) : null,
    incline: status?.incline ?? null,
    heartRate: status?.heartRate ?? null,
    link: linkWord(facts),
    stopConfirmed: facts.stopConfirmed,
    problem: problem(facts),
    protocol: facts.protocol,
    model: facts.model,
    rssi: facts.rssi,
    lastStatusAt: facts.lastStatusAt,
  };
};
