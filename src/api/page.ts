import type { Mode, ProtocolName } from "../domain/pad.js";
import type { Totals } from "../domain/stats.js";
import type {
  availabilityPayload,
  bridgeStatePayload,
  eventPayload,
  resultPayload,
  statePayload,
  statsPayload,
} from "./payloads.js";

// The HTTP interface between the page's server and the page: types only, one definition for both sides. All URLs are
// relative to the page, since it may run below any prefix (Home Assistant's ingress, a reverse proxy).

export type StatePayload = ReturnType<typeof statePayload>;
export type StatsPayload = ReturnType<typeof statsPayload>;
export type ResultPayload = ReturnType<typeof resultPayload>;
type OfPad = { readonly pad: string };

/** The state of a belt at the end of the bridge; `none`: it never moved in this run. */
export interface BeltLeft {
  readonly pad: string;
  /** `rest`: confirmed at rest. `falling`: still slowing down. `moving`: not confirmed at rest, it may still move. */
  readonly belt: "none" | "rest" | "falling" | "moving";
}

/**
 * `bridge/state`. `stopping` comes at once when the program begins to end, whatever the reason; state and stats
 * continue, so that the falling speed is visible. `offline` is the last event before the stream ends; only it has
 * `belts`, one entry per pad. A stream that ends without it was lost: the page can neither show nor stop a belt.
 */
export type BridgeEvent = ReturnType<typeof bridgeStatePayload> & { readonly belts?: readonly BeltLeft[] };

/** A part of the bridge: its state, and advice where there is a problem. */
export interface ComponentState {
  readonly state: string;
  readonly advice: string | null;
}

/** `bridge/info`. The complete config is sent, secrets masked; only the page's part of it is typed. */
export interface InfoPayload {
  readonly version: string;
  readonly started_at: string;
  readonly radio: ComponentState;
  readonly store: ComponentState;
  /** `state`: `ok`, or `refused`: the broker refuses subscriptions; `advice` names the topics and the consequence. */
  readonly mqtt: ComponentState;
  /** `state`: `on`, `off` (by configuration), `failed` (see `advice`). */
  readonly web: ComponentState & { readonly url: string | null };
  readonly pads: readonly {
    readonly id: string;
    readonly name: string;
    readonly address: string | null;
    readonly protocol: ProtocolName | null;
    readonly model: string | null;
  }[];
  readonly config: {
    readonly mqtt: { readonly url: string; readonly base_topic: string };
    readonly bluetooth: { readonly radio: "noble" | "simulator" };
    /** Seconds: a shorter session is not kept. */
    readonly session: { readonly min_duration: number };
    readonly safety: { readonly allow_start: boolean; readonly shutdown_timeout: number };
  };
}

/** The capabilities of a pad, in the user's units. Null while unknown, which is before the first connect. */
export interface CapabilitiesPayload {
  /** km/h; `speed_step` is the pad's own. */
  readonly min_speed: number;
  readonly max_speed: number;
  readonly speed_step: number;
  /** Empty where the pad has no modes. */
  readonly modes: readonly Mode[];
  /** Percent; null where the machine has no incline. */
  readonly incline: { readonly min: number; readonly max: number; readonly step: number } | null;
  readonly heart_rate: boolean;
  readonly steps: boolean;
  /** The pad counts in miles (problem `imperial-units`). */
  readonly imperial: boolean;
  /** False: the pad can only be watched; a start or speed is `unsupported`, and a stop cannot be written. */
  readonly control: boolean;
}

/** One entry of the event `pads`. */
export interface PadPayload {
  readonly id: string;
  /** The user's text; may hold anything, also HTML and control characters of bidirectional text. */
  readonly name: string;
  readonly model: string | null;
  readonly protocol: ProtocolName | null;
  readonly capabilities: CapabilitiesPayload | null;
  /**
   * km/h, ascending, all of them within the pad's range; the configured ones, else three from the range. May be empty.
   */
  readonly presets: readonly number[];
}

/**
 * `GET api/events`: the name of each server-sent event and the JSON of its data. A connect begins with a full picture,
 * in the order `ping`, `bridge`, `info`, `pads`, then for each pad `availability`, `state` and, once the store is read,
 * `stats`. After that each is sent again when it changes, always complete: belt changes at once, numbers at most once a
 * second per pad (docs/topics.md, rates). `event` is never part of the picture: it happens once. More than 32 streams:
 * 503 `too-many-streams`.
 */
export interface PageEvents {
  readonly bridge: BridgeEvent;
  readonly info: InfoPayload;
  /** All enabled pads in the order of the configuration; empty: none is configured. */
  readonly pads: readonly PadPayload[];
  readonly availability: OfPad & ReturnType<typeof availabilityPayload>;
  readonly state: OfPad & StatePayload;
  readonly stats: OfPad & StatsPayload;
  readonly event: OfPad & ReturnType<typeof eventPayload>;
  /**
   * Every 2 s, and first on connect: the server's clock (ISO 8601), for `at`. Without a ping for 5 s the connection is
   * lost.
   */
  readonly ping: { readonly at: string };
}

/**
 * `POST api/pads/<id>/set`, as on `B/P/set`: any subset of the keys. With `at` in the server's time a start or speed
 * that was delayed for more than 5 s is refused; a stop is never too old. The response is 200 and `ResultPayload[]`
 * once every key has its result (a stop may take 20 s, a start 40), also where all keys were refused. Errors: 404
 * `unknown-pad`, 400 `invalid-payload` (not a JSON object), 413, 415, 403, 401. With `?start=never` no key of the
 * message starts a belt: a speed for a belt at rest, and everything else that would start it, is `unsupported`.
 */
export interface SetRequest {
  readonly belt?: "ON" | "OFF";
  readonly speed?: number;
  readonly mode?: Mode;
  readonly incline?: number;
  readonly command?: "start" | "stop" | "pause" | "resume" | "faster" | "slower" | "toggle";
  readonly id?: string | number;
  readonly at?: string;
}
export type SetResponse = readonly ResultPayload[];

/**
 * `POST api/stop` with `{}`: OFF for every configured pad, for a page that has not received a picture yet. The response
 * is as for `set`, with the results of all pads.
 */
export type StopResponse = readonly (OfPad & ResultPayload)[];

type Filled<T> = { readonly [Key in keyof T]: NonNullable<T[Key]> };
type Walk = StatsPayload["session"];

/**
 * `GET api/sessions?pad&since&until&id&format=json|csv|tcx|fit`: sessions by their start, the oldest first, the open
 * one included. `since` and `until` are a date (`2026-11-22`, the day of the bridge's time zone, inclusive) or a time;
 * `id` is one session. `json` is `SessionPayload[]`; the others are downloads (content-disposition). A `fit` file holds
 * one session: 400 `one-walk` where the filter leaves more, 404 `no-walk` where it leaves none.
 */
export type SessionPayload = OfPad &
  Pick<Walk, "ended_at" | "average_speed"> &
  Filled<Omit<Walk, "ended_at" | "average_speed">>;

/**
 * `GET api/sessions/<id>/samples[?pad=ID]`: at most 2,000 of the session's samples in order; ends of pauses are kept. A
 * pause is a gap of more than 5 s after a sample whose speed is 0. 404 `no-walk`. Empty: only the pad recorded this
 * session.
 */
export interface SamplePayload {
  readonly at: string;
  /** km/h; km and kcal since the start of the session. */
  readonly speed: number;
  readonly distance: number;
  readonly steps: number;
  readonly calories: number;
  readonly heart_rate: number | null;
  /** Percent. */
  readonly incline: number | null;
}

/** `GET api/days?pad&since`: `DayPayload[]`, the totals of each local day and pad, the oldest day first. */
export type DayPayload = OfPad & { readonly day: string } & Readonly<Record<keyof Totals, number>>;

/** `POST api/scan` with `{seconds?}` (default 5, at most 60): `FoundPad[]`, the strongest first. 503 `radio-off`. */
export interface FoundPad {
  readonly address: string;
  readonly name: string | null;
  /** dBm. */
  readonly rssi: number | null;
  /** `unsupported`: a pad that the bridge cannot control. */
  readonly protocol: string | null;
  readonly model: string | null;
  /** The id of the configured pad with this address. */
  readonly configured: string | null;
  /** The body of `POST api/pads` for it; null where it is configured or unsupported. */
  readonly proposal: AddPadRequest | null;
}

/**
 * `POST api/pads`: writes one pad into the configuration file; it is used after a restart (`POST api/restart`). 201 and
 * `AddPadResponse`. 400 `invalid-pad` (names the key), 409 `not-writable` (the demo, pads from the environment, a file
 * that cannot be written: the message contains the advice).
 */
export interface AddPadRequest {
  readonly id: string;
  readonly name: string;
  readonly address: string;
}
export interface AddPadResponse {
  readonly pad: AddPadRequest;
  readonly file: string;
}

/**
 * `POST api/restart`, `POST api/shutdown` with `{}`: 202 and this, then the program ends by its shutdown path (`bridge`
 * `stopping`, …, `offline`). On a terminal it does not start again; elsewhere a supervisor (systemd, Docker, Home
 * Assistant) starts it, after `shutdown` too unless configured otherwise.
 */
export interface EndResponse {
  readonly status: "ok";
  readonly terminal: boolean;
}

/**
 * Every response that is not a success: 400, 401, 403, 404, 405, 409, 413, 415, 429, 500, 503. `message` is for the
 * user.
 */
export interface ErrorPayload {
  readonly error: { readonly code: string; readonly message: string };
}
