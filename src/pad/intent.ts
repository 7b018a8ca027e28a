import { type Command, failure, type Outcome, type Verb } from "../domain/command.js";
import type { Capabilities, Mode } from "../domain/pad.js";
import { kmh, roundToStep, type Speed, speedFromKmh } from "../domain/units.js";
import type { Control } from "./goals.js";
import { isFresh, isKnown, isMoving, isRunning, showsRest, type Telemetry } from "./telemetry.js";

/** Contract 3: `faster` and `slower` change the speed by 0.5 km/h. */
const NUDGE = 50;

/** Everything that decides what a command means right now. */
export interface Situation {
  readonly now: number;
  readonly control: Control;
  readonly telemetry: Telemetry;
  readonly capabilities: Capabilities;
  readonly linked: boolean;
  readonly radioOn: boolean;
  readonly ending: boolean;
  readonly allowStart: boolean;
  /** The message is older than 5 s by its own `at`. */
  readonly stale: boolean;
  /** The belt moved when the link was lost and was not seen since. */
  readonly lostMoving: boolean;
  readonly target: Speed | null;
  /** A session is paused; `resumeAt` is the speed to return to, null where contract 3 wants the pad's own. */
  readonly paused: boolean;
  readonly resumeAt: Speed | null;
}

/** What to do about one key. */
export type Decision =
  | { readonly do: "settle"; readonly outcome: Outcome }
  | { readonly do: "stop"; readonly endsSession: boolean }
  | { readonly do: "start"; readonly speed: Speed | null }
  | { readonly do: "speed"; readonly speed: Speed; readonly start: boolean }
  | { readonly do: "mode"; readonly mode: Mode; readonly stop: boolean }
  | { readonly do: "link"; readonly on: boolean };

const refuse = (outcome: Outcome): Decision => ({ do: "settle", outcome });

const REFUSED = {
  stale: failure(
    "superseded",
    "The message is more than 5 s old, so it was not carried out. The belt is as it was.",
  ),
  stopping: failure(
    "stopping",
    "The belt is being stopped and was not yet seen at rest. Try again when it is.",
  ),
  ending: failure(
    "stopping",
    "The bridge is ending and stops the belt. Start it again when the bridge is back.",
  ),
  locked: failure(
    "start-not-allowed",
    "safety.allow_start is false: MQTT may stop and slow the belt, nothing else.",
  ),
  radio: failure(
    "radio-off",
    "The Bluetooth radio cannot be used; bridge/info says why. The command was dropped.",
  ),
  away: failure(
    "not-connected",
    "No valid status within the last 2 s, so nothing was written. It is not done later.",
  ),
} as const;

/** Why nothing may be set in motion now, or null. */
const barred = (situation: Situation, speedsUp: boolean): Outcome | null => {
  if (situation.ending) return REFUSED.ending;
  if (situation.stale) return REFUSED.stale;
  if (situation.control.stop) return REFUSED.stopping;
  if (speedsUp && !situation.allowStart) return REFUSED.locked;
  if (!situation.radioOn) return REFUSED.radio;
  return situation.linked && isFresh(situation.telemetry, situation.now) ? null : REFUSED.away;
};

export const decide = (command: Command, situation: Situation): Decision => {
  switch (command.key) {
    case "belt":
      return command.value === "ON" ? start(situation) : { do: "stop", endsSession: false };
    case "speed":
      return command.value === 0 ? { do: "stop", endsSession: false } : speed(command.value, situation);
    case "command":
      return verb(command.value, situation);
    case "mode":
      return mode(command.value, situation);
    case "incline":
      return refuse(failure("unsupported", "This pad cannot be inclined."));
    case "link":
      return link(command.value === "ON", situation);
  }
};

const start = (situation: Situation): Decision => {
  const outcome = barred(situation, true);
  return outcome ? refuse(outcome) : { do: "start", speed: situation.resumeAt };
};

const atRest = ({ telemetry, now, control }: Situation): boolean =>
  isKnown(telemetry, now) && showsRest(telemetry) && !control.start && !control.stop;

const verb = (value: Verb, situation: Situation): Decision => {
  switch (value) {
    case "stop":
      return { do: "stop", endsSession: true };
    case "pause":
      return { do: "stop", endsSession: false };
    case "start":
      return start({ ...situation, resumeAt: null });
    case "resume":
      return situation.paused
        ? start(situation)
        : refuse(failure("unsupported", "No paused session to resume."));
    case "toggle":
      return atRest(situation) ? start(situation) : { do: "stop", endsSession: false };
    case "faster":
    case "slower":
      return nudge(value, situation);
  }
};

const nudge = (value: "faster" | "slower", situation: Situation): Decision => {
  const outcome = barred(situation, value === "faster");
  if (outcome) return refuse(outcome);
  const from = situation.target ?? situation.telemetry.last?.status.speed;
  if (!isRunning(situation.telemetry) || from === undefined)
    return refuse(failure("unsupported", `${value} needs a running belt.`));
  return speed(kmh((from + (value === "faster" ? NUDGE : -NUDGE)) as Speed), situation);
};

/** Contract 3: between 0 and the minimum or above the maximum is `out-of-range`, never clamped silently. */
const speed = (asked: number, situation: Situation): Decision => {
  const { capabilities, telemetry } = situation;
  const [min, max] = [kmh(capabilities.minSpeed), kmh(capabilities.maxSpeed)];
  if (asked < min || asked > max)
    return refuse(failure("out-of-range", `The speed must be 0 (stop) or from ${min} to ${max} km/h.`));
  const wanted = roundToStep(speedFromKmh(asked), capabilities.step);
  const rest = isKnown(telemetry, situation.now) && showsRest(telemetry);
  const outcome = barred(situation, rest || wanted > (telemetry.last?.status.speed ?? 0));
  return outcome ? refuse(outcome) : { do: "speed", speed: wanted, start: rest };
};

const mode = (value: Mode, situation: Situation): Decision => {
  const { capabilities, telemetry, now, control } = situation;
  if (!capabilities.modes.includes(value))
    return refuse(failure("unsupported", `This pad has no mode ${value}.`));
  if (situation.ending) return refuse(REFUSED.ending);
  // In auto mode the belt starts by itself under a walker's feet, so it is a start as far as the lock is concerned.
  if (value === "auto" && !situation.allowStart) return refuse(REFUSED.locked);
  if (!situation.radioOn) return refuse(REFUSED.radio);
  if (!situation.linked || !isFresh(telemetry, now)) return refuse(REFUSED.away);
  const rests = showsRest(telemetry) && !control.start;
  if (rests || control.stop)
    return control.stop && value !== "standby"
      ? refuse(REFUSED.stopping)
      : { do: "mode", mode: value, stop: false };
  return value === "standby"
    ? { do: "mode", mode: value, stop: true }
    : refuse(
        failure("unsupported", "The mode can be changed only while the belt is at rest. Stop it first."),
      );
};

/** Letting go of the link gives up the only means to stop the belt: only at rest, or when nothing is held. */
const link = (on: boolean, situation: Situation): Decision => {
  if (on) return situation.ending ? refuse(REFUSED.ending) : { do: "link", on };
  const free = situation.linked ? atRest(situation) : !situation.lostMoving && !situation.control.stop;
  if (free) return { do: "link", on };
  return refuse(
    failure(
      "unsupported",
      isMoving(situation.telemetry) || situation.lostMoving
        ? "The belt moves: the link is kept, because it is the only means to stop it. Stop the belt first."
        : "The belt was not seen at rest, so the link is kept. Try again in a moment.",
    ),
  );
};
