import type { Mode, ProtocolName } from "./pad.js";
import type { Speed } from "./units.js";

/** The belt values of docs/topics.md. */
export const BELTS = ["standby", "idle", "starting", "running", "stopping", "paused", "unknown"] as const;
export type Belt = (typeof BELTS)[number];

/** The link values of docs/topics.md. */
export type LinkStateName = "off" | "scanning" | "connecting" | "ready" | "lost" | "stopping";

/** The connection phase of a pad's link. */
export type Phase = "off" | "scanning" | "connecting" | "ready";

/** The problems of a pad, the most severe first: a pad shows the first that is true. */
export const PROBLEMS = [
  "stop-unconfirmed",
  "link-lost",
  "no-telemetry",
  "unknown-variant",
  "commands-blocked",
  "fault",
  "safety-key",
  "control-lost",
  "panel-standby",
  "radio-off",
  "ambiguous-name",
  "not-a-pad",
  "imperial-units",
] as const;
export type Problem = (typeof PROBLEMS)[number];

/** The content of `B/P/state`, as data. `null` is unknown. */
export interface PadState {
  readonly belt: Belt;
  readonly running: boolean | null;
  readonly moving: boolean | null;
  readonly mode: Mode | null;
  readonly speed: Speed | null;
  readonly targetSpeed: Speed | null;
  readonly incline: number | null;
  readonly heartRate: number | null;
  readonly link: LinkStateName;
  readonly stopConfirmed: boolean;
  readonly problem: Problem | null;
  readonly protocol: ProtocolName | null;
  readonly model: string | null;
  readonly rssi: number | null;
  /** Epoch milliseconds. */
  readonly lastStatusAt: number | null;
}

/** The event types of docs/topics.md. */
export const EVENT_TYPES = [
  "session_started",
  "session_paused",
  "session_resumed",
  "session_ended",
  "belt_stopped_by_pad",
  "walked_off",
  "stop_unconfirmed",
  "link_lost",
  "link_restored",
] as const;
export type EventType = (typeof EVENT_TYPES)[number];
