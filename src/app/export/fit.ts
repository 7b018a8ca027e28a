import { createHash } from "node:crypto";
import {
  type ActivityMesg,
  Encoder,
  type EventMesg,
  type FileIdMesg,
  type LapMesg,
  type RecordMesg,
  type SessionMesg,
} from "@garmin/fitsdk";
import { averageSpeed } from "../../domain/stats.js";
import type { StoredSession, TimedSample } from "../../store/read.js";

/** Global message numbers (FIT profile, mesg_num). */
const MESSAGE = { fileId: 0, session: 18, lap: 19, record: 20, event: 21, activity: 34 } as const;

/** Without samples for this long the belt was at rest, and the timer of the activity stopped. */
const PAUSE_MS = 5_000;
/** FIT counts seconds from 1989-12-31; values below 0x10000000 are seconds since power-on (FIT profile, date_time). */
const EARLIEST = Date.UTC(1989, 11, 31) + 0x10000000 * 1000;
/** The largest valid value of 16 bits; 0xffff means none. */
const MOST_16 = 0xfffe;

type Message = ActivityMesg | EventMesg | FileIdMesg | LapMesg | RecordMesg | SessionMesg;

const write = (encoder: Encoder, number: number, message: Message): void => {
  encoder.onMesg(number, message);
};

const time = (epochMs: number): Date => new Date(Math.max(EARLIEST, epochMs));
/** Hundredths of a km/h to m/s. */
const metresPerSecond = (speed: number): number => speed / 360;

/** Identifies the pad as the device of the file: stable, never 0. */
const serialNumber = (pad: string): number => createHash("sha256").update(pad).digest().readUInt32LE() || 1;

/** 255 means none. */
const heartRateOf = ({ heartRate }: TimedSample): number | null =>
  heartRate !== null && heartRate > 0 && heartRate < 255 ? Math.round(heartRate) : null;

const heartRates = (samples: readonly TimedSample[]): { avgHeartRate?: number; maxHeartRate?: number } => {
  const rates = samples.map(heartRateOf).filter((rate) => rate !== null);
  if (rates.length === 0) return {};
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  return { avgHeartRate: Math.round(mean), maxHeartRate: rates.reduce((a, b) => Math.max(a, b)) };
};

const timer = (encoder: Encoder, at: number, eventType: "start" | "stopAll"): void => {
  write(encoder, MESSAGE.event, { timestamp: time(at), event: "timer", eventType });
};

/** The samples, with the timer stopped at the beginning of each pause and started again at its end. */
const track = (encoder: Encoder, samples: readonly TimedSample[]): void => {
  for (const [index, sample] of samples.entries()) {
    const before = samples[index - 1];
    if (before && sample.at - before.at > PAUSE_MS) {
      timer(encoder, before.at, "stopAll");
      timer(encoder, sample.at, "start");
    }
    const heartRate = heartRateOf(sample);
    const { incline } = sample;
    write(encoder, MESSAGE.record, {
      timestamp: time(sample.at),
      distance: sample.distance,
      enhancedSpeed: metresPerSecond(sample.speed),
      // A stride is two steps.
      totalCycles: Math.floor(sample.steps / 2),
      ...(heartRate !== null && { heartRate }),
      ...(incline !== null && { grade: incline }),
    });
  }
};

/** One session as a FIT activity (developer.garmin.com/fit, Activity Files): its samples, pauses and sums. */
export const sessionFit = (session: StoredSession, samples: readonly TimedSample[]): Uint8Array => {
  const { startedAt, distance, duration, steps, calories } = session;
  const last = Math.max(startedAt + duration * 1000, samples.at(-1)?.at ?? startedAt);
  const end = Math.max(startedAt, session.endedAt ?? last);
  const average = averageSpeed(session);
  const encoder = new Encoder();
  write(encoder, MESSAGE.fileId, {
    type: "activity",
    manufacturer: "development",
    product: 1,
    serialNumber: serialNumber(session.pad),
    timeCreated: time(startedAt),
  });
  timer(encoder, startedAt, "start");
  track(encoder, samples);
  timer(encoder, end, "stopAll");
  const sums = {
    timestamp: time(end),
    startTime: time(startedAt),
    totalElapsedTime: (end - startedAt) / 1000,
    totalTimerTime: duration,
    totalDistance: distance,
    totalCycles: Math.floor(steps / 2),
    totalCalories: Math.min(MOST_16, Math.max(0, Math.round(calories))),
    enhancedMaxSpeed: metresPerSecond(session.maxSpeed),
    ...(average !== null && { enhancedAvgSpeed: metresPerSecond(average) }),
    ...heartRates(samples),
    sport: "walking",
    subSport: "treadmill",
  } as const;
  write(encoder, MESSAGE.lap, { ...sums, messageIndex: 0, event: "lap", eventType: "stop" });
  write(encoder, MESSAGE.session, {
    ...sums,
    messageIndex: 0,
    event: "session",
    eventType: "stop",
    trigger: "activityEnd",
    firstLapIndex: 0,
    numLaps: 1,
  });
  write(encoder, MESSAGE.activity, {
    timestamp: time(end),
    totalTimerTime: duration,
    numSessions: 1,
    type: "manual",
    event: "activity",
    eventType: "stop",
    localTimestamp: localTime(end),
  });
  return encoder.close();
};

/** Seconds from FIT's epoch in local time. */
const localTime = (epochMs: number): number => {
  const at = time(epochMs);
  const epoch = Date.UTC(1989, 11, 31);
  return Math.round((at.valueOf() - epoch) / 1000) - at.getTimezoneOffset() * 60;
};
