import { KM_PER_MILE } from "../domain/units.js";
import type { Metric, Units } from "./model/state.js";
import { TEXT } from "./text.js";

// Numbers as people read them. The payloads are metric; only this page converts to miles.

const UNKNOWN = "–";
const fixed = (digits: number): Intl.NumberFormat =>
  new Intl.NumberFormat("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const WHOLE = fixed(0);
const TENTHS = fixed(1);
const HUNDREDTHS = fixed(2);

export const inUnits = (value: number, units: Units): number =>
  units === "km" ? value : value / KM_PER_MILE;
export const speedUnit = (units: Units): string => (units === "km" ? "km/h" : "mph");
export const distanceUnit = (units: Units): string => (units === "km" ? "km" : "mi");

/** 3.5, without its unit. */
export const speedText = (kmh: number | null, units: Units): string =>
  kmh === null ? UNKNOWN : TENTHS.format(inUnits(kmh, units));
export const speedWithUnit = (kmh: number | null, units: Units): string =>
  `${speedText(kmh, units)} ${speedUnit(units)}`;

export const distanceText = (km: number | null, units: Units): string =>
  km === null ? UNKNOWN : HUNDREDTHS.format(inUnits(km, units));
export const distanceWithUnit = (km: number | null, units: Units): string =>
  `${distanceText(km, units)} ${distanceUnit(units)}`;

export const wholeText = (value: number | null): string => (value === null ? UNKNOWN : WHOLE.format(value));
export const stepsText = (value: number | null): string =>
  `${wholeText(value)} ${value === 1 ? TEXT.numbers.step : TEXT.numbers.stepsUnit}`;
export const tenthsText = (value: number | null): string => (value === null ? UNKNOWN : TENTHS.format(value));

const two = (value: number): string => String(Math.floor(value) % 60).padStart(2, "0");

/** 4:05, or 1:04:05 from an hour on. */
export const durationText = (seconds: number | null): string => {
  if (seconds === null) return UNKNOWN;
  const hours = Math.floor(seconds / 3600);
  const minutes = hours > 0 ? `${hours}:${two(seconds / 60)}` : String(Math.floor(seconds / 60));
  return `${minutes}:${two(seconds)}`;
};

/** 45 min, 1 h 20 min: for durations that are not exact to the second. */
export const aboutText = (seconds: number): string => {
  const minutes = Math.max(1, Math.round(seconds / 60));
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (hours === 0) return `${rest} min`;
  return rest === 0 ? `${hours} h` : `${hours} h ${rest} min`;
};

/** One number of a day or goal with its unit. */
export const metricText = (metric: Metric, value: number, units: Units): string => {
  switch (metric) {
    case "distance":
      return distanceWithUnit(value, units);
    case "duration":
      return value < 30 ? "0 min" : aboutText(value);
    case "steps":
      return stepsText(value);
    case "calories":
      return `${wholeText(value)} kcal`;
  }
};

const LOCALE = "en-GB";
const TIME = new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit" });
const EXACT_TIME = new Intl.DateTimeFormat(LOCALE, { timeStyle: "medium" });
const DAY = new Intl.DateTimeFormat(LOCALE, { weekday: "long", day: "numeric", month: "long" });
const SHORT_DAY = new Intl.DateTimeFormat(LOCALE, { day: "numeric", month: "short" });
const WEEKDAY = new Intl.DateTimeFormat(LOCALE, { weekday: "short" });
const MONTH = new Intl.DateTimeFormat(LOCALE, { month: "short" });

export const timeText = (at: Date): string => TIME.format(at);
export const exactTimeText = (at: Date): string => EXACT_TIME.format(at);
export const dayText = (date: Date): string => DAY.format(date);
export const shortDayText = (date: Date): string => SHORT_DAY.format(date);
export const weekdayText = (date: Date): string => WEEKDAY.format(date);
export const monthText = (date: Date): string => MONTH.format(date);
