import type { Capabilities, Mode } from "../../domain/pad.js";
import { AT_REST, type Speed } from "../../domain/units.js";
import { failure, type Outcome } from "../../domain/command.js";
import {
  type Control,
  type Effect,
  type InclineGoal,
  type Ref,
  settle,
  type SpeedGoal,
  type Step,
} from "./goals.js";
import { inclineTime } from "./incline.js";
import { MODE_DEADLINE_MS } from "./mode.js";
import { FROM_REST_MS, speedTime, WRITE_WITHIN_MS } from "./speed.js";
import { START_DEADLINE_MS } from "./start.js";
import { isRunning, isActive, type Telemetry } from "./telemetry.js";

const overtaken: Outcome = failure("superseded", "A newer command came before it was done.");
const supersede = (refs: readonly Ref[] | undefined): readonly Effect[] => settle(refs ?? [], overtaken);

/** Aims at a moving belt. A start under way is shared; `since` is when the command came (contract rule 2). */
export const aimStart = (control: Control, refs: readonly Ref[], since: number, now: number): Step => {
  const under = control.start;
  const fresh = {
    tries: 0,
    wroteAt: null,
    manualAt: null,
    handshakeAt: null,
    deadline: now + START_DEADLINE_MS,
  };
  const start = { ...fresh, ...under, refs: [...(under?.refs ?? []), ...refs], since };
  return { control: { ...control, start }, effects: [] };
};

/** Aims at a speed; the latest wins. One asked for before the belt runs belongs to its start. */
export const aimSpeed = (
  control: Control,
  telemetry: Telemetry,
  refs: readonly Ref[],
  target: Speed,
  since: number,
  now: number,
): Step => {
  const older = control.speed;
  const running = isRunning(telemetry);
  const from = running ? (telemetry.last?.status.speed ?? AT_REST) : AT_REST;
  const speed: SpeedGoal = {
    refs,
    target,
    deadline: now + speedTime(from, target) + (running ? 0 : FROM_REST_MS),
    writeBy: running ? since + WRITE_WITHIN_MS : now + FROM_REST_MS,
    fromRest: !running,
    seenActive: isActive(telemetry),
    wrote: null,
    writes: 0,
    slowingTo: older?.wrote ? older.target : (older?.slowingTo ?? null),
  };
  return { control: { ...control, speed }, effects: supersede(older?.refs) };
};

/** Aims at a mode, after the stop under way if there is one: its time is added to the deadline. */
export const aimMode = (control: Control, refs: readonly Ref[], mode: Mode, now: number): Step => {
  const deadline = Math.max(now, control.stop?.deadline ?? now) + MODE_DEADLINE_MS;
  const goal = { refs, mode, deadline, writtenAt: null };
  return { control: { ...control, mode: goal }, effects: supersede(control.mode?.refs) };
};

/** Aims at an incline; the latest wins. With a start under way it waits for the belt to move. */
export const aimIncline = (
  control: Control,
  telemetry: Telemetry,
  refs: readonly Ref[],
  percent: number,
  range: NonNullable<Capabilities["incline"]>,
  since: number,
  now: number,
): Step => {
  const withStart = control.start !== null;
  const time = inclineTime(telemetry.last?.status.incline ?? null, percent, range);
  const goal: InclineGoal = {
    refs,
    percent,
    deadline: now + time + (withStart ? FROM_REST_MS : 0),
    writeBy: withStart ? now + FROM_REST_MS : since + WRITE_WITHIN_MS,
    withStart,
    wroteAt: null,
  };
  return { control: { ...control, incline: goal }, effects: supersede(control.incline?.refs) };
};
