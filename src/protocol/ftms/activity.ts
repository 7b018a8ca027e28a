import type { Activity } from "../../domain/pad.js";
import { EVENT, type MachineEvent, TRAINING, type TrainingStatus } from "./machine-status.js";
import { OPCODE, type Answer, type Request } from "./control-point-frames.js";

// Treadmill Data has no field for the state of the belt. It follows from the speed and from other messages: machine
// status, training status, and the answers to the bridge's own requests, whose effect is reported by no other message
// (FTMS 4.17: the effect of a client's request is reported to the other clients only).

/** The machine's last reported phase. `moving`: seen moving, without a report of its end. */
export type Phase = "unknown" | "starting" | "moving" | "stopped" | "paused";

/** The state of one connection. Speeds are 0.01 km/h, times ms. */
export interface ActivityState {
  readonly phase: Phase;
  readonly since: number;
  readonly speed: number;
  /** The lowest speed since the belt was reported to halt: one that rises above it was started again. */
  readonly lowest: number;
  /** The request whose answer comes next. */
  readonly asked: Request["op"] | null;
  /** Treadmill Data has arrived. */
  readonly measured: boolean;
  /**
   * A start or halt was reported. The first one before any data is the present state, replayed to a new client (b.4).
   */
  readonly reported: boolean;
  /** The last opcode of 2ADA or value of 2AD3, for logs. */
  readonly code: number;
}

export const noActivity: ActivityState = {
  phase: "unknown",
  since: 0,
  speed: 0,
  lowest: Infinity,
  asked: null,
  measured: false,
  reported: false,
  code: 0,
};

/** A cold start takes up to 15 s until the belt moves (b.7.1). */
const SPIN_UP_MS = 15_000;
/** 0.01 km/h: a smaller rise is noise. */
const RISES_BY = 10;

const enter = (memory: ActivityState, phase: Phase, now: number): ActivityState => ({
  ...memory,
  phase,
  since: now,
  lowest: Infinity,
});

const started = (memory: ActivityState, now: number): ActivityState =>
  enter(memory, memory.speed > 0 ? "moving" : "starting", now);

const isHalted = ({ phase }: ActivityState): boolean => phase === "stopped" || phase === "paused";

/** A Treadmill Data with a speed. */
export const activityAfterSpeed = (before: ActivityState, speed: number, now: number): ActivityState => {
  const memory = { ...before, speed, measured: true };
  if (isHalted(memory)) {
    if (speed > memory.lowest + RISES_BY) return enter(memory, "moving", now);
    return { ...memory, lowest: Math.min(memory.lowest, speed) };
  }
  if (speed > 0) return memory.phase === "moving" ? memory : enter(memory, "moving", now);
  const overdue = memory.phase === "starting" && now - memory.since >= SPIN_UP_MS;
  return overdue ? enter(memory, "unknown", now) : memory;
};

/** A Fitness Machine Status. Values replayed on subscription may be stale: the speed decides (b.4). */
export const activityAfterStatus = (
  before: ActivityState,
  event: MachineEvent,
  now: number,
): ActivityState => {
  const memory = { ...before, code: codeOf(event) };
  const reported = { ...memory, reported: true };
  switch (event.type) {
    case "started":
      // A machine that sends nothing at rest reports its start before its data.
      return before.measured || before.reported ? started(reported, now) : reported;
    case "paused":
    case "stopped":
      return before.measured ? enter(reported, event.type, now) : reported;
    case "safety-key":
    case "reset":
      return enter(memory, "stopped", now);
    default:
      return memory;
  }
};

const codeOf = (event: MachineEvent): number => {
  switch (event.type) {
    case "stopped":
    case "paused":
      return EVENT.stoppedOrPaused;
    case "safety-key":
      return EVENT.safetyKey;
    case "target-speed":
      return EVENT.targetSpeed;
    case "target-incline":
      return EVENT.targetIncline;
    case "target-distance":
      return EVENT.targetDistance;
    case "control-lost":
      return EVENT.controlLost;
    case "other":
      return event.opcode;
    default:
      return EVENT[event.type];
  }
};

/** A Training Status: the only source of some countdowns (MC11, b.5), and never the first to report a pause. */
export const activityAfterTraining = (
  before: ActivityState,
  { status }: TrainingStatus,
  now: number,
): ActivityState => {
  const memory = { ...before, code: status };
  if (!memory.measured) return memory;
  switch (status) {
    case TRAINING.other:
      return memory;
    case TRAINING.idle:
    case TRAINING.postWorkout:
      return isHalted(memory) ? memory : enter(memory, "stopped", now);
    default:
      // Before a workout, or in one.
      return memory.phase === "starting" || memory.phase === "moving" ? memory : started(memory, now);
  }
};

/** A request was written. Until it is answered, a belt that spins up may or may not begin to move. */
export const activityAfterRequest = (memory: ActivityState, { op }: Request): ActivityState => {
  const halts = op === "stop" || op === "pause";
  const phase = halts && memory.phase === "starting" ? "moving" : memory.phase;
  return { ...memory, phase, asked: op };
};

/** The answer to the bridge's own request; only a success changes the state. */
export const activityAfterAnswer = (
  memory: ActivityState,
  { opcode, result }: Answer,
  now: number,
): ActivityState => {
  if (result !== "success") return memory;
  if (opcode === OPCODE.start && memory.phase !== "moving") return started(memory, now);
  if (opcode === OPCODE.reset) return enter(memory, "stopped", now);
  if (opcode !== OPCODE.halt) return memory;
  return enter(memory, memory.asked === "pause" ? "paused" : "stopped", now);
};

/** The belt's state by the latest speed and messages (docs/topics.md, belt values). */
export const activityOf = ({ phase, speed }: ActivityState): Activity => {
  if (speed > 0) return phase === "stopped" || phase === "paused" ? "stopping" : "running";
  switch (phase) {
    case "starting":
      return "countdown";
    case "paused":
      return "paused";
    case "moving":
      // The speed fell to 0 without a report: only a lasting 0 is rest (safety rule 7).
      return "stopping";
    default:
      return "resting";
  }
};
