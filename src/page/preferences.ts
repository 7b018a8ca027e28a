import type { Preferences } from "./model/state.js";

const KEY = "walkingpad2mqtt";
const THEMES: readonly unknown[] = ["system", "light", "dark"];

/** Regions where distances are measured in miles. */
const milesHere = (language: string): boolean => /^en-(US|GB|LR)$|-(US|LR)$|^my(-|$)/.test(language);

const stored = (): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    // No storage (a private window), or not the page's own data: preferences are not kept.
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
    // The default is used again the next time.
  }
};
