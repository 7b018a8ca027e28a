import { averageSpeed } from "../../domain/stats.js";
import { addTotals, NO_TOTALS } from "../../domain/totals.js";
import { KM_PER_MILE, km, type Metres } from "../../domain/units.js";
import { visible } from "../../domain/visible.js";
import { imperialObject, sessionObject } from "../session-list.js";
import type { StoredSession } from "../../store/read.js";

export interface TextOptions {
  readonly imperial: boolean;
}

export interface TableOptions extends TextOptions {
  /** IANA name, for the times in the table. */
  readonly timeZone: string;
}

const objectsOf = (sessions: readonly StoredSession[], imperial: boolean) =>
  sessions.map(imperial ? imperialObject : sessionObject);

export const sessionsJson = (sessions: readonly StoredSession[], { imperial }: TextOptions): string =>
  `${JSON.stringify(objectsOf(sessions, imperial), null, 2)}\n`;

/** RFC 4180: lines end in CRLF; quotes around fields that need them, doubled inside. */
const csvLine = (fields: readonly (string | number | null)[]): string =>
  `${fields
    .map((field) => String(field ?? ""))
    .map((field) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field))
    .join(",")}\r\n`;

export const sessionsCsv = (sessions: readonly StoredSession[], { imperial }: TextOptions): string => {
  const [distance, speed] = imperial ? ["mi", "mph"] : ["km", "kmh"];
  const head = [
    ...["pad", "id", "state", "started_at", "ended_at", `distance_${distance}`, "duration_s", "steps"],
    ...["calories_kcal", "calories_source", `average_speed_${speed}`, `max_speed_${speed}`],
  ];
  const lines = objectsOf(sessions, imperial).map((one) =>
    csvLine([
      ...[one.pad, one.id, one.state, one.started_at, one.ended_at, one.distance, one.duration, one.steps],
      ...[one.calories, one.calories_source, one.average_speed, one.max_speed],
    ]),
  );
  return [csvLine(head), ...lines].join("");
};

const HEAD = ["Pad", "Started", "Moved", "Distance", "Steps", "kcal", "Average", "Fastest", ""];
/** Text is aligned left, numbers right. */
const TO_THE_LEFT = [0, 1, 8];

const clockTime = (seconds: number): string => {
  const two = (value: number): string => String(Math.floor(value) % 60).padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${two(seconds / 60)}:${two(seconds)}`;
};

/** For people: local times, estimated kcal with a `~`, and the totals. */
export const sessionsTable = (
  sessions: readonly StoredSession[],
  { imperial, timeZone }: TableOptions,
): string => {
  if (sessions.length === 0) return "No sessions yet.\n";
  const unit = imperial ? KM_PER_MILE : 1;
  const far = (distance: Metres): string => `${(km(distance) / unit).toFixed(2)} ${imperial ? "mi" : "km"}`;
  const fast = (hundredths: number): string =>
    `${(hundredths / 100 / unit).toFixed(1)} ${imperial ? "mph" : "km/h"}`;
  // The Swedish format sorts by time.
  const started = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "short" });
  const row = (one: StoredSession): string[] => [
    visible(one.pad),
    started.format(one.startedAt),
    clockTime(one.duration),
    far(one.distance),
    String(one.steps),
    `${one.caloriesSource === "estimate" ? "~" : ""}${Math.round(one.calories)}`,
    ...[averageSpeed(one)].map((average) => (average === null ? "" : fast(average))),
    fast(one.maxSpeed),
    one.state === "ended" ? "" : one.state,
  ];
  const sum = sessions.map((one) => ({ ...one, sessions: 1 })).reduce(addTotals, NO_TOTALS);
  const total = [
    "",
    `${sessions.length} ${sessions.length === 1 ? "session" : "sessions"}`,
    clockTime(sum.duration),
    far(sum.distance),
    String(sum.steps),
    String(Math.round(sum.calories)),
  ];
  return aligned([HEAD, ...sessions.map(row), total]);
};

const aligned = (rows: readonly (readonly string[])[]): string => {
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const cell = (text: string, column: number): string => {
    const width = widths[column] ?? 0;
    return TO_THE_LEFT.includes(column) ? text.padEnd(width) : text.padStart(width);
  };
  return rows.map((row) => `${row.map(cell).join("  ").trimEnd()}\n`).join("");
};
