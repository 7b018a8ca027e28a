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

// The page's whole state as one value. Only `reduce` makes the next one.

export type Theme = "system" | "light" | "dark";
export type Units = "km" | "miles";
export interface Preferences {
  readonly theme: Theme;
  readonly units: Units;
  /** Whether arrows, + and - change the speed (WCAG 2.1.4: they must be possible to turn off). Space always stops. */
  readonly keys: boolean;
}

/** The requests of a pad, by the place on the page that shows their result. */
export type Control = "start" | "stop" | "speed" | "incline";

/** A pending request. `id` distinguishes its result from that of an earlier one. */
export interface Asked {
  readonly id: number;
  /** The requested value, in the pad's units; null where it is not a number. */
  readonly value: number | null;
  /** A stop that could not be delivered is sent again. */
  readonly undelivered: boolean;
}

/** Speeds of the last ten minutes, by the bridge's clock in seconds; null: unknown. */
export interface Trace {
  readonly at: readonly number[];
  readonly speed: readonly (number | null)[];
  readonly target: readonly (number | null)[];
}

/** Pending requests by their place on the page, and their results. */
export interface Requests {
  readonly asked: Readonly<Partial<Record<Control, Asked>>>;
  /** Why the last request failed: the bridge's own sentence. */
  readonly refused: Readonly<Partial<Record<Control, string>>>;
}

export interface PadModel extends Requests {
  readonly about: PadPayload;
  readonly online: boolean;
  readonly state: StatePayload | null;
  readonly stats: StatsPayload | null;
  /** Monotonic milliseconds since the page sees the belt at rest; null: not at rest. */
  readonly restSince: number | null;
  /** The last known speed, for when the speed is unknown. */
  readonly lastSpeed: number | null;
  readonly trace: Trace;
}

export type Metric = "distance" | "steps" | "duration" | "calories";
export type Range = "week" | "month" | "year";

/** Fetched data: not requested, pending, available, or failed with a sentence. */
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
  /** `lost`: nothing was received for too long, or the stream ended without `offline`. */
  readonly connection: "connecting" | "open" | "lost";
  /** The server's sentence when it refused the stream. */
  readonly refusal: string | null;
  /** The bridge's clock (epoch ms) at a time of the page's clock (monotonic ms). */
  readonly clock: { readonly at: number; readonly seen: number } | null;
  readonly bridge: BridgeEvent | null;
  readonly info: InfoPayload | null;
  /** Null until the first picture has arrived. */
  readonly pads: readonly PadModel[] | null;
  /** Requests to every pad at once: STOP before the page has received the pads. */
  readonly all: Requests;
  readonly selected: string | null;
  readonly view: "walk" | "history";
  readonly history: History;
  readonly scan: Loaded<readonly FoundPad[]>;
  /** The address of the pad that was written to the configuration, or why that failed. */
  readonly added: Loaded<string>;
  readonly dialog: Dialog | null;
  /** The result of a restart or shutdown request: a sentence. */
  readonly notice: string | null;
  readonly preferences: Preferences;
  /** Whether the operating system prefers dark pages. */
  readonly systemDark: boolean;
}

export const initialState = (preferences: Preferences, systemDark: boolean): State => ({
  connection: "connecting",
  refusal: null,
  clock: null,
  bridge: null,
  info: null,
  pads: null,
  all: { asked: {}, refused: {} },
  selected: null,
  view: "walk",
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
