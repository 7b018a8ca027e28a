import { failure } from "../../domain/command.js";
import { reviewAccess } from "./access.js";
import type { Context } from "./context.js";
import { type Control, LINK_DEFAULTS, cancelGoals, type Step } from "./goals.js";
import { reviewIncline } from "./incline.js";
import { reviewMode } from "./mode.js";
import { followTarget, reviewSpeed } from "./speed.js";
import { reviewStart, startWindowEnd } from "./start.js";
import { onStopLinkLost, PROOF, proveStop, reviewStop, startMayFollow } from "./stop.js";
import { isMoving, type Sample, settledSpeed, type Telemetry } from "./telemetry.js";
import { afterWritesSent } from "./written.js";

const chain = (step: Step, next: (control: Control) => Step): Step => {
  const after = next(step.control);
  return { control: after.control, effects: [...step.effects, ...after.effects] };
};

/** Applies the decisions of telemetry or time. */
export const review = (context: Context, sample?: Sample): Step => {
  const { control } = context;
  const { stop, start, speed, mode, incline } = control;
  // Usually there is nothing to decide.
  if (!(stop || start || speed || mode || incline)) return { control, effects: [] };
  return settle(context, sample);
};

const settle = (context: Context, sample?: Sample): Step =>
  [
    reviewStop,
    ({ control }: Context) => reviewAccess(control),
    reviewStart,
    (c: Context) => reviewSpeed(c, sample),
    reviewMode,
    (c: Context) => reviewIncline(c, sample),
  ].reduce<Step>((step, next) => chain(step, (control) => next({ ...context, control })), {
    control: context.control,
    effects: [],
  });

/**
 * The cause of the present or last stop still applies. After a crash no stop was confirmed in this run, and the cause
 * ends once the belt keeps a speed: a later stop has another cause.
 */
const isHalting = ({ stop, stopConfirmed }: Control, telemetry: Telemetry): boolean =>
  stop !== null || !isMoving(telemetry) || (!stopConfirmed && settledSpeed(telemetry) === null);

/** A valid status arrived; `telemetry` includes it already. */
export const onStatus = (context: Context, sample: Sample): Step => {
  const { control: before, telemetry, machine } = context;
  const moves = isMoving(telemetry);
  const shows = machine.quirks.showsStart && (moves || sample.status.activity === "countdown");
  const control: Control = {
    ...before,
    statusSeen: true,
    started: before.started && { ...before.started, seen: before.started.seen || shows },
    haltedBy: isHalting(before, telemetry) ? before.haltedBy : null,
    leftMoving: before.leftMoving && telemetry.rests < PROOF,
    // A stop that was dropped (safety rule 2) ends once the belt has come to rest, and no start may still move it (rule 7).
    stopConfirmed:
      before.stopConfirmed ||
      (!before.stop && telemetry.rests >= PROOF && !startMayFollow(before, telemetry)),
  };
  const reviewed = chain(proveStop({ ...context, control }, sample), (proved) =>
    review({ ...context, control: proved }, sample),
  );
  return { ...reviewed, control: followTarget(reviewed.control, telemetry) };
};

const LOST = failure(
  "link-lost",
  "The Bluetooth link was lost before the result. The command is not repeated.",
);

/** The link is gone: starts, speeds and modes end with it, a stop stays (safety rule 2). */
export const onLinkLost = (context: Context): Step => {
  const step = chain(cancelGoals(context.control, LOST), (control) =>
    onStopLinkLost({ ...context, control }),
  );
  return {
    ...step,
    control: { ...afterWritesSent(step.control, context.now), ...LINK_DEFAULTS, target: null },
  };
};

/** The times at which time alone decides something. */
export const deadlines = (control: Control): readonly number[] =>
  [
    control.stop?.deadline,
    control.start?.deadline,
    control.start && startWindowEnd(control.start) + 1,
    control.speed?.deadline,
    control.speed?.writeBy,
    control.mode?.deadline,
    control.incline?.deadline,
    control.incline?.writeBy,
  ].filter((at) => typeof at === "number");
