import type { PadState } from "../domain/state.js";
import type { Session, Stats } from "../domain/stats.js";
import { AT_REST, km, kmh } from "../domain/units.js";

/** The data that the status line shows. */
export interface AppSummary {
  readonly brokerConnected: boolean;
  readonly pads: readonly PadSummary[];
}

export interface PadSummary {
  readonly id: string;
  readonly state: PadState;
  /** Null until the store has been read. */
  readonly stats: Stats | null;
}

/** Columns that stay free: the cursor's own, and two for the `^C` that a terminal echoes there. */
const FREE = 3;
/** Below this width the line is unreadable; a terminal that does not know its width reports 0. */
const NARROWEST = 24;
const SEPARATOR = " | ";
const STOPPING = " STOPPING ";
/** ECMA-48: reverse video on and off. */
const REVERSE = ["\u001b[7m", "\u001b[27m"] as const;

const clock = (seconds: number): string => {
  const two = (value: number): string => String(Math.floor(value) % 60).padStart(2, "0");
  const short = `${two(seconds / 60)}:${two(seconds)}`;
  return seconds < 3600 ? short : `${Math.floor(seconds / 3600)}:${short}`;
};

const distance = (session: { readonly distance: Session["distance"] }): string =>
  `${km(session.distance).toFixed(2)} km`;

const speedText = ({ speed, targetSpeed }: PadState): string => {
  if (speed === null || (speed === AT_REST && targetSpeed === null)) return "";
  const target = targetSpeed === null || targetSpeed === speed ? "" : ` of ${kmh(targetSpeed).toFixed(1)}`;
  return `${kmh(speed).toFixed(1)}${target} km/h`;
};

/** The belt, or the reason why its state is unknown; a problem replaces both. */
const word = ({ belt, link, problem }: PadState): string =>
  problem ?? (belt === "unknown" && link !== "ready" ? link : belt);

const walked = ({ stats }: PadSummary): readonly string[] => {
  if (!stats) return [];
  const { session, today } = stats;
  if (session && session.state !== "ended")
    return [
      ...(session.state === "paused" ? ["paused"] : []),
      clock(session.duration),
      distance(session),
      `${session.steps} steps`,
    ];
  return today.distance > 0 ? [`today ${distance(today)}`] : [];
};

const words = (pad: PadSummary, ofWalk: number): string =>
  [word(pad.state), speedText(pad.state), ...walked(pad).slice(0, ofWalk)]
    .filter((part) => part !== "")
    .join(", ");

const shortest = ({ id, state }: PadSummary): string =>
  `${id} ${state.problem ?? (speedText(state) || word(state))}`;

/** From the most detailed to the shortest form. */
const FORMS: readonly ((pad: PadSummary) => string)[] = [
  (pad) => `${pad.id}: ${words(pad, Infinity)}`,
  (pad) => `${pad.id}: ${words(pad, 1)}`,
  (pad) => `${pad.id}: ${words(pad, 0)}`,
  shortest,
];

/** Pads with a problem come first, then moving ones: they are the last to be left out. */
const matters = ({ state: { moving, problem } }: PadSummary): number =>
  (problem === null ? 0 : 2) + (moving === true ? 1 : 0);

/** As many pads as fit in their shortest form, the most important first, and the number of the others. */
const asManyAsFit = (pads: readonly PadSummary[], width: number): string => {
  const texts = [...pads].sort((a, b) => matters(b) - matters(a)).map(shortest);
  for (let count = texts.length - 1; count > 0; count -= 1) {
    const text = [...texts.slice(0, count), `+${texts.length - count}`].join(SEPARATOR);
    if (text.length <= width) return text;
  }
  // The `>` shows that text was cut.
  return texts[0] === undefined ? "" : `${texts[0].slice(0, width - 1)}>`;
};

const padsText = (pads: readonly PadSummary[], width: number): string => {
  const texts = FORMS.map((form) => pads.map(form).join(SEPARATOR));
  return texts.find((text) => text.length <= width) ?? asManyAsFit(pads, width);
};

/**
 * The belts in one line of ASCII, which has the same width on every terminal, and is narrower than `columns`. Empty
 * where there is no room for it. `ending`: every belt is being stopped, which the line shows first.
 */
export const statusLine = (
  { pads, brokerConnected }: AppSummary,
  ending: boolean,
  columns: number,
): string => {
  if (columns < NARROWEST) return "";
  const width = columns - FREE;
  if (ending) return `${REVERSE[0]}${STOPPING}${REVERSE[1]} ${padsText(pads, width - STOPPING.length - 1)}`;
  const head = brokerConnected ? "" : `no broker${SEPARATOR}`;
  return head + (pads.length === 0 ? "no pads" : padsText(pads, width - head.length));
};
