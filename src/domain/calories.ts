import type { Speed } from "./units.js";

/** The walker (config `calories`): kilograms, years, centimetres. */
export interface Body {
  readonly weight: number;
  readonly age: number | null;
  readonly height: number | null;
  readonly sex: "female" | "male" | null;
}

/** kcal per litre of oxygen, the convention that goes with the ACSM equations. */
const KCAL_PER_LITRE = 5;
/**
 * Energy is summed by session, day and all time, here and in the store: multiples of 2^-32 add up without rounding
 * errors.
 */
const RESOLUTION = 2 ** 32;

/** ml of oxygen per kg and minute at rest: one MET. */
const RESTING_VO2 = 3.5;
/** 8 km/h (ACSM: 134 m/min): from here the equation for running applies. */
const RUNNING_FROM = 800;

const kcalPerSecondOf = (vo2: number, body: Body): number =>
  ((vo2 * body.weight) / 1000 / 60) * KCAL_PER_LITRE;

/**
 * kcal per second of movement, resting metabolism excluded.
 *
 * ACSM metabolic equations (American College of Sports Medicine, Guidelines for Exercise Testing and Prescription, 11th
 * ed., 2021), oxygen in ml/kg/min with v in m/min and the grade as a fraction, less the resting 3.5: walking 0.1 v +
 * 1.8 v grade, valid for 50 to 100 m/min (3 to 6 km/h); running 0.2 v + 0.9 v grade, above 134 m/min. Slower walking is
 * extrapolated. They do not cover walking downhill, which counts as level.
 */
export const netKcalPerSecond = (speed: Speed, inclinePercent: number, body: Body): number => {
  const v = (speed * 10) / 60;
  const grade = Math.max(0, inclinePercent) / 100;
  const vo2 = speed < RUNNING_FROM ? 0.1 * v + 1.8 * v * grade : 0.2 * v + 0.9 * v * grade;
  return kcalPerSecondOf(vo2, body);
};

/**
 * kcal per second at rest: by Mifflin and St Jeor (Am J Clin Nutr 1990; 51: 241–247), 10 kg + 6.25 cm − 5 years + 5 for
 * men, − 161 for women, per day, when all of it is known; else one MET.
 */
const restingKcalPerSecond = ({ weight, age, height, sex }: Body): number => {
  if (age === null || height === null || sex === null) {
    return kcalPerSecondOf(RESTING_VO2, { weight, age, height, sex });
  }
  const perDay = 10 * weight + 6.25 * height - 5 * age + (sex === "male" ? 5 : -161);
  return Math.max(0, perDay) / 86_400;
};

/** Gross kcal per second, resting included: what treadmills show and what `stats` publishes. */
export const kcalPerSecond = (speed: Speed, inclinePercent: number, body: Body): number =>
  netKcalPerSecond(speed, inclinePercent, body) + restingKcalPerSecond(body);

/** kcal of `duration` seconds, rounded so that the sum does not depend on the order. */
export const kcalOf = (speed: Speed, inclinePercent: number, body: Body, duration: number): number =>
  Math.round(kcalPerSecond(speed, inclinePercent, body) * duration * RESOLUTION) / RESOLUTION;
