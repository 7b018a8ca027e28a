import type {
  BridgeEvent,
  DayPayload,
  FoundPad,
  InfoPayload,
  PadPayload,
  SamplePayload,
  SessionPayload,
  StatePayload,
  StatsPayload,
} from "../../api/page.js";

// Everything that the page knows, as one value. `reduce` alone makes the next one.

export type Theme = "system" | "light" | "dark";
export type Units = "km" | "miles";
export interface Preferences {
  readonly theme: Theme;
  readonly units: Units;
  /** Whether arrows, + and - change the speed (WCAG 2.1.4: a way to turn them off). Space always stops. */
  readonly keys: boolean;
}

/** What can be asked of a pad, by the place on the page that shows the answer. */
export type Control = "start" | "stop" | "speed" | "incline";

/** A request under way. `id` tells its answer from that of an earlier one. */
export interface Asked {
  readonly id: number;
  /** What was asked for, in the pad's units; null where it is no number. */
  readonly value: number | null;
  /** A stop that could not be delivered is sent again. */
  readonly undelivered: boolean;
}

/** Speeds of the last ten minutes, by the bridge's clock in seconds; null: nobody knows. */
export interface Trace {
  readonly at: readonly number[];
  readonly speed: readonly (number | null)[];
  readonly target: readonly (number | null)[];
}

/** What was asked for, by its place on the page, and what came of it. */
export interface Requests {
  readonly asked: Readonly<Partial<Record<Control, Asked>>>;
  /** Why the last request came to nothing: the bridge's own sentence. */
  readonly refused: Readonly<Partial<Record<Control, string>>>;
}

export interface PadModel extends Requests {
  readonly about: PadPayload;
  readonly online: boolean;
  readonly state: StatePayload | null;
  readonly stats: StatsPayload | null;
  /** Monotonic milliseconds since this page sees the belt at rest; null: it is not. */
  readonly restSince: number | null;
  /** The last speed that was known, for when nothing is known any more. */
  readonly lastSpeed: number | null;
  readonly trace: Trace;
}

export type Metric = "distance" | "steps" | "duration" | "calories";
export type Range = "week" | "month" | "year";

/** Something fetched: not asked for yet, under way, there, or failed with a sentence. */
export type Loaded<T> =
  | { readonly status: "idle" | "loading" }
  | { readonly status: "ready"; readonly value: T }
  | { readonly status: "failed"; readonly message: string };

export interface OpenWalk {
  readonly walk: SessionPayload;
  readonly samples: Loaded<readonly SamplePayload[]>;
}

export interface History {
  readonly range: Range;
  readonly metric: Metric;
  readonly days: Loaded<readonly DayPayload[]>;
  /** A local day, 2026-11-22. */
  readonly day: string | null;
  readonly walks: Loaded<readonly SessionPayload[]>;
  readonly walk: OpenWalk | null;
}

export type Dialog = "restart" | "shutdown";

export interface State {
  /** `lost`: nothing was received for too long, or the stream ended without a word. */
  readonly connection: "connecting" | "open" | "lost";
  /** What the server said when it refused the stream. */
  readonly refusal: string | null;
  /** The bridge's clock (epoch ms) at a moment of ours (monotonic ms). */
  readonly clock: { readonly at: number; readonly seen: number } | null;
  readonly bridge: BridgeEvent | null;
  readonly info: InfoPayload | null;
  /** Null until the first picture has come. */
  readonly pads: readonly PadModel[] | null;
  /** What was asked of every pad at once: STOP while nobody knows which pads there are. */
  readonly all: Requests;
  readonly selected: string | null;
  readonly view: "walk" | "history";
  readonly history: History;
  readonly scan: Loaded<readonly FoundPad[]>;
  /** The address of the pad that was written into the configuration, or why it was not. */
  readonly added: Loaded<string>;
  readonly dialog: Dialog | null;
  /** What became of a restart or shutdown: a sentence. */
  readonly notice: string | null;
  readonly preferences: Preferences;
  /** Whether the operating system asks for a dark page. */
  readonly systemDark: boolean;
}

export const initialState = (preferences: Preferences, systemDark: boolean, view: State["view"]): State => ({
  connection: "connecting",
  refusal: null,
  clock: null,
  bridge: null,
  info: null,
  pads: null,
  all: { asked: {}, refused: {} },
  selected: null,
  view,
  history: {
    range: "week",
    metric: "distance",
    days: { status: "idle" },
    day: null,
    walks: { status: "idle" },
    walk: null,
  },
  scan: { status: "idle" },
  added: { status: "idle" },
  dialog: null,
  notice: null,
  preferences,
  systemDark,
});
