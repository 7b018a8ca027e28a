import { AT_REST } from "../../domain/units.js";
import type { Operation, Quirks } from "../../protocol/protocol.js";
import type { Context } from "./context.js";
import type { StopGoal } from "./goals.js";
import { startMayFollow } from "./stop.js";
import { isActive, isFresh, showsRest, type Telemetry } from "./telemetry.js";

/** Safety rule 1: after its deadline a stop is repeated every 5 s as long as telemetry shows movement. */
const OVERDUE_REPEAT_MS = 5_000;
/** For a machine that notifies by itself. */
const REPEAT_MS = 2_100;
/** Two polls fit between two stop frames, so that rest is proved between them; timers may be late. */
const LATE_TIMERS_MS = 100;
const repeatAfter = ({ poll, minGap }: Quirks): number =>
  poll === null ? REPEAT_MS : 3 * minGap + LATE_TIMERS_MS;
/** The answer to a poll that has been sent is given this long beyond the gap: a slow link takes 0.5 s (random world). */
const ANSWER_MS = 300;

/**
 * 0.01 km/h per second, well below the 0.53 km/h by which a belt slows (wire-facts a.9): a smaller drop means an
 * ignored pause.
 */
const OBEYED_DROP = 20;

/** A status after the last stop frame shows rest: another frame would only restart the proof. */
const looksDone = ({ lastWrite }: StopGoal, telemetry: Telemetry): boolean =>
  showsRest(telemetry) && (telemetry.last?.at ?? 0) > (lastWrite ?? Infinity);

/**
 * When the next stop frame is due; null while there is none to write, or a status decides first. Only the first one
 * passes the pad's gap: a frame within the gap may be lost, and each frame within a gap makes the pad ignore the next
 * one too.
 */
export const stopDue = (context: Context): number | null => {
  const { control, telemetry, machine, now } = context;
  const { quirks } = machine;
  const { stop, lastWrite, lastPoll } = control;
  if (!stop || stop.waitsForStatus) return null;
  if (stop.lastWrite === null) return now;
  const gapEnd = Math.max(stop.lastWrite, lastWrite ?? -Infinity) + quirks.minGap;
  if (stop.inGap) return gapEnd;
  if (looksDone(stop, telemetry) && !startMayFollow(control, telemetry)) return null;
  if (stop.ignored && stop.deadline !== null) return gapEnd;
  // Without a poll between two frames no status would show the belt come to rest, and a frame on a belt at rest restarts
  // the proof: somebody who presses once a second would never see it confirmed.
  const polled = quirks.poll === null || (lastPoll ?? -Infinity) > stop.lastWrite;
  if (stop.pressedAgain && polled && !showsRest(telemetry)) return gapEnd;
  const repeat = repeatAt(context, stop);
  // So does one just before the answer to a poll, on a slow link each time.
  const awaits = quirks.poll !== null && polled && (telemetry.last?.at ?? -Infinity) < (lastPoll ?? Infinity);
  return repeat === null ? null : Math.max(repeat, gapEnd + (awaits ? ANSWER_MS : 0));
};

const repeatAt = (
  { control, telemetry, machine: { quirks }, now }: Context,
  stop: StopGoal,
): number | null => {
  const since = stop.lastWrite ?? now;
  // Safety rule 7: repeated while a start may still take effect, also one that came after the deadline.
  if (stop.deadline !== null || startMayFollow(control, telemetry)) return since + repeatAfter(quirks);
  return isFresh(telemetry, now) && (isActive(telemetry) || telemetry.blind)
    ? since + OVERDUE_REPEAT_MS
    : null;
};

/** The belt has slowed since the request as an obeying belt does. */
const obeys = ({ from, asked }: StopGoal, telemetry: Telemetry, now: number): boolean => {
  if (from === null) return true;
  const fallen = from - (telemetry.last?.status.speed ?? AT_REST);
  return fallen > 0 && fallen >= (OBEYED_DROP * (now - asked)) / 1000;
};

/**
 * A person's OFF is a pause on a machine that supports one; if that does not slow the belt in time, a stop
 * (docs/topics.md).
 */
export const stopOperation = ({ telemetry, now }: Context, stop: StopGoal): Operation => {
  const keeps = stop.cause === "command" && !stop.endsSession && !stop.overdue;
  // A frame within the pad's gap may have been lost: its missing effect does not mean that the pad ignores pauses.
  return { op: keeps && (stop.inGap || obeys(stop, telemetry, now)) ? "pause" : "stop" };
};
