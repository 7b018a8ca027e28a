import { type Command, failure, type Outcome, type Verb } from "../../domain/command.js";
import type { Capabilities, Mode } from "../../domain/pad.js";
import type { Belt } from "../../domain/state.js";
import { hasNoSpeed, toStep } from "../../domain/capabilities.js";
import { kmh, type Speed, speedFromKmh } from "../../domain/units.js";
import { UNKNOWN_VARIANT } from "./access.js";
import type { Control } from "./goals.js";
import { roundIncline } from "./incline.js";
import { targetOf } from "./speed.js";
import { isRecentlyRequested } from "./stop.js";
import { isFresh, isKnown, isMoving, isRunning, showsRest, type Telemetry } from "./telemetry.js";

/** docs/topics.md: `faster` and `slower` change the speed by 0.5 km/h. */
const NUDGE = 50;

/** Everything that determines the meaning of a command now. */
export interface CommandContext {
  readonly now: number;
  readonly control: Control;
  readonly telemetry: Telemetry;
  readonly capabilities: Capabilities;
  /** As published. */
  readonly belt: Belt;
  /** The link is up and the pad has sent a valid status on it. */
  readonly linked: boolean;
  readonly radioOn: boolean;
  readonly ending: boolean;
  readonly allowStart: boolean;
  /** Why the message counts as too old, by its own `at` or by its arrival; null: it is recent. */
  readonly stale: Outcome | null;
  /** The belt moved when the link was lost and was not seen since. */
  readonly lostMoving: boolean;
  /** A session is paused; `resumeAt` is the speed to return to, null where docs/topics.md requires the pad's own. */
  readonly paused: boolean;
  readonly resumeAt: Speed | null;
}

/** The decision about one key. */
export type Decision =
  | { readonly do: "settle"; readonly outcome: Outcome }
  | { readonly do: "stop"; readonly endsSession: boolean }
  | { readonly do: "start"; readonly speed: Speed | null }
  | {
      readonly do: "speed";
      readonly speed: Speed;
      readonly start: boolean;
      /** Not to be written above the measured speed. */
      readonly onlySlower: boolean;
    }
  | { readonly do: "mode"; readonly mode: Mode; readonly stop: boolean }
  | {
      readonly do: "incline";
      readonly percent: number;
      readonly range: NonNullable<Capabilities["incline"]>;
    }
  | { readonly do: "link"; readonly on: boolean };

const refuse = (outcome: Outcome): Decision => ({ do: "settle", outcome });

const REFUSED = {
  stopping: failure(
    "stopping",
    "The belt is being stopped and is not yet confirmed at rest. Try again when it is.",
  ),
  ending: failure(
    "stopping",
    "The bridge is ending and stops the belt. Start it again when the bridge is back.",
  ),
  locked: failure(
    "start-not-allowed",
    "safety.allow_start is false: the belt may be stopped and slowed down, nothing else.",
  ),
  radio: failure(
    "radio-off",
    "The Bluetooth radio cannot be used; see bridge/info. The command was dropped.",
  ),
  resting: failure(
    "unsupported",
    "The belt is not running, so no speed was set and nothing was started. Start it first.",
  ),
  away: failure(
    "not-connected",
    "No valid status within the last 2 s, so nothing was written. The command is not carried out later.",
  ),
} as const;

/** Why no start or speed is allowed now, or null. */
const barred = (situation: CommandContext, speedsUp: boolean): Outcome | null => {
  if (situation.ending) return REFUSED.ending;
  if (situation.stale) return situation.stale;
  if (situation.control.access === "none") return UNKNOWN_VARIANT;
  if (situation.control.stop || situation.control.leftMoving) return REFUSED.stopping;
  if (speedsUp && !situation.allowStart) return REFUSED.locked;
  if (!situation.radioOn) return REFUSED.radio;
  return situation.linked && isFresh(situation.telemetry, situation.now) ? null : REFUSED.away;
};

export const decide = (command: Command, situation: CommandContext): Decision => {
  switch (command.key) {
    case "belt":
      return command.value === "ON" ? start(situation) : { do: "stop", endsSession: false };
    case "speed":
      if (command.value === 0) return { do: "stop", endsSession: false };
      return speed(command.value, situation, command.keepsRest);
    case "command":
      return verb(command.value, situation);
    case "mode":
      return mode(command.value, situation);
    case "incline":
      return incline(command.value, situation);
    case "link":
      return link(command.value === "ON", situation);
  }
};

const start = (situation: CommandContext): Decision => {
  const outcome = barred(situation, true);
  return outcome ? refuse(outcome) : { do: "start", speed: situation.resumeAt };
};

const REST: readonly Belt[] = ["idle", "standby", "paused"];
const atRest = ({ belt, control }: CommandContext): boolean =>
  REST.includes(belt) && !control.start && !control.stop;

const verb = (value: Verb, situation: CommandContext): Decision => {
  switch (value) {
    case "stop":
      return { do: "stop", endsSession: true };
    case "pause":
      return { do: "stop", endsSession: false };
    case "start":
      return start({ ...situation, resumeAt: null });
    case "resume":
      return resume(situation);
    case "toggle":
      return atRest(situation) ? start(situation) : { do: "stop", endsSession: false };
    case "faster":
    case "slower":
      return nudge(value, situation);
  }
};

const resume = (situation: CommandContext): Decision => {
  const decision = start(situation);
  return decision.do === "settle" || situation.paused
    ? decision
    : refuse(failure("unsupported", "No paused session to resume."));
};

const nudge = (value: "faster" | "slower", situation: CommandContext): Decision => {
  const outcome = barred(situation, value === "faster");
  if (outcome) return refuse(outcome);
  const { control, telemetry } = situation;
  const measured = telemetry.last?.status.speed;
  if (!isRunning(telemetry) || measured === undefined)
    return refuse(failure("unsupported", `${value} needs a running belt.`));
  return value === "faster"
    ? speed(kmh(((control.speed?.target ?? measured) + NUDGE) as Speed), situation)
    : slower(Math.min(targetOf(control) ?? measured, measured) as Speed, situation.capabilities);
};

/** From above `max_speed` the target is the highest allowed speed: no higher speed is ever written. */
const slower = (from: Speed, capabilities: Capabilities): Decision => {
  const { minSpeed, step } = capabilities;
  const wanted = (from - NUDGE) as Speed;
  const nearest = toStep(wanted, capabilities);
  // On a machine with large steps the nearest step may not be slower.
  const target = (nearest < from ? nearest : nearest - step) as Speed;
  if (hasNoSpeed(capabilities) || wanted < minSpeed || target < minSpeed)
    return refuse(outOfRange(capabilities));
  return { do: "speed", speed: target, start: false, onlySlower: true };
};

const outOfRange = (capabilities: Capabilities): Outcome => {
  const [min, max] = [kmh(capabilities.minSpeed), kmh(capabilities.maxSpeed)];
  return failure(
    "out-of-range",
    hasNoSpeed(capabilities)
      ? `No speed can be set: at most ${max} km/h is allowed, and the pad's slowest speed is ${min} km/h. ` +
          "Change max_speed or min_speed of this pad in the config."
      : `The speed must be 0 (stop) or from ${min} to ${max} km/h.`,
  );
};

/** docs/topics.md: between 0 and the minimum or above the maximum is `out-of-range`, never clamped silently. */
const speed = (asked: number, situation: CommandContext, keepsRest = false): Decision => {
  const { capabilities, telemetry, allowStart } = situation;
  if (asked < kmh(capabilities.minSpeed) || asked > kmh(capabilities.maxSpeed))
    return refuse(outOfRange(capabilities));
  const wanted = toStep(speedFromKmh(asked), capabilities);
  const rest = isKnown(telemetry, situation.now) && showsRest(telemetry);
  const outcome = barred(situation, rest || wanted > (telemetry.last?.status.speed ?? 0));
  if (outcome) return refuse(outcome);
  if (keepsRest && !isRunning(telemetry)) return refuse(REFUSED.resting);
  return { do: "speed", speed: wanted, start: rest, onlySlower: !allowStart };
};

/** Like a speed: never clamped silently, and increased only where MQTT may increase the speed. */
const incline = (asked: number, situation: CommandContext): Decision => {
  const { capabilities, telemetry } = situation;
  const { incline: range } = capabilities;
  if (!range) return refuse(failure("unsupported", "This pad has no adjustable incline."));
  const { min, max } = range;
  if (asked < min || asked > max)
    return refuse(failure("out-of-range", `The incline must be from ${min} to ${max} %.`));
  const percent = roundIncline(asked, range);
  const outcome = barred(situation, percent > (telemetry.last?.status.incline ?? -Infinity));
  return outcome ? refuse(outcome) : { do: "incline", percent, range };
};

/** Why no mode may be set now, or null. In auto mode the belt starts when somebody steps on: it counts as a start. */
const barredMode = (value: Mode, situation: CommandContext): Outcome | null => {
  const { capabilities, telemetry, now } = situation;
  if (!capabilities.modes.includes(value)) return failure("unsupported", `This pad has no mode ${value}.`);
  if (situation.ending) return REFUSED.ending;
  if (value === "auto" && situation.stale) return situation.stale;
  if (value === "auto" && !situation.allowStart) return REFUSED.locked;
  if (!situation.radioOn) return REFUSED.radio;
  return situation.linked && isFresh(telemetry, now) ? null : REFUSED.away;
};

const mode = (value: Mode, situation: CommandContext): Decision => {
  const outcome = barredMode(value, situation);
  if (outcome) return refuse(outcome);
  const { start: starting, stop } = situation.control;
  const rests = showsRest(situation.telemetry) && !starting;
  if (value === "standby") return { do: "mode", mode: value, stop: !rests && !stop };
  if (rests) return stop ? refuse(REFUSED.stopping) : { do: "mode", mode: value, stop: false };
  return refuse(
    failure("unsupported", "The mode can be changed only while the belt is at rest. Stop it first."),
  );
};

/** Without the link the bridge cannot stop the belt: only at rest, or when there is no link. */
const link = (on: boolean, situation: CommandContext): Decision => {
  const { ending, linked, lostMoving, control, now } = situation;
  if (ending) return refuse(REFUSED.ending);
  const free = linked ? atRest(situation) : !lostMoving && !isRecentlyRequested(control.stop, now);
  if (on || free) return { do: "link", on };
  return refuse(
    failure(
      "unsupported",
      isMoving(situation.telemetry) || lostMoving
        ? "The belt moves: the link is kept, because it is the only means to stop it. Stop the belt first."
        : "The belt is not confirmed at rest, so the link is kept. Try again in a moment.",
    ),
  );
};
