import type { Preferences } from "./model/state.js";

const KEY = "walkingpad2mqtt";
const THEMES: readonly unknown[] = ["system", "light", "dark"];

/** Where people think in miles (and walk on roads that do). */
const milesHere = (language: string): boolean => /^en-(US|GB|LR)$|-(US|LR)$|^my(-|$)/.test(language);

const stored = (): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    // No storage here (a private window), or not ours: nothing is remembered.
    return {};
  }
};

export const loadPreferences = (): Preferences => {
  const { theme, units, keys } = stored();
  return {
    theme: THEMES.includes(theme) ? (theme as Preferences["theme"]) : "system",
    units: units === "km" || units === "miles" ? units : milesHere(navigator.language) ? "miles" : "km",
    keys: keys !== false,
  };
};

export const savePreferences = (preferences: Preferences): void => {
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences));
  } catch {
    // Asked again the next time.
  }
};
