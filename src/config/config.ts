import type { ProtocolName } from "../domain/pad.js";
import type { SimulatedModel } from "../domain/faults.js";

/** A pad as in the file. Exactly one of `address` (lower case) and `advertised_name` is set. Speeds in km/h. */
export interface PadEntry {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly address: string | null;
  readonly advertised_name: string | null;
  readonly protocol: "auto" | ProtocolName;
  readonly max_speed: number | null;
  readonly min_speed: number | null;
  readonly start_speed: number | null;
  readonly presets: readonly number[] | null;
}

/** A simulated pad as in the file; `parseFaults` converts its faults for the simulator. */
export interface SimulatorEntry {
  readonly address: string;
  readonly name: string | null;
  readonly model: SimulatedModel;
  readonly faults: Readonly<Record<string, number | boolean | null>>;
}

/**
 * The whole configuration, checked, complete and frozen, in the file's structure and the user's units
 * (docs/configuration.md); settings.ts converts to the domain's. Credentials in `mqtt.url` have moved to `username` and
 * `password`.
 */
export interface Config {
  readonly mqtt: {
    readonly url: string;
    readonly username: string | null;
    readonly password: string | null;
    readonly ca: string | null;
    readonly cert: string | null;
    readonly key: string | null;
    readonly reject_unauthorized: boolean;
    readonly client_id: string | null;
    readonly base_topic: string;
    readonly protocol_version: "auto" | 5 | 4;
    /** Seconds. */
    readonly keepalive: number;
  };
  readonly embedded_broker: { readonly host: string; readonly port: number };
  readonly web: {
    readonly enabled: boolean;
    readonly host: string;
    readonly port: number;
    readonly password: string | null;
    /** An IP address. */
    readonly trusted_proxy: string | null;
  };
  readonly homeassistant: {
    readonly enabled: boolean;
    readonly discovery_prefix: string;
    readonly status_topic: string;
  };
  readonly bluetooth: { readonly radio: "noble" | "simulator"; readonly adapter: number };
  readonly pads: readonly PadEntry[];
  readonly safety: {
    readonly allow_start: boolean;
    readonly stop_on_exit: boolean;
    readonly standby_on_exit: boolean;
    /** Seconds. */
    readonly shutdown_timeout: number;
    readonly stop_after_crash: boolean;
    /** `after` in seconds. */
    readonly broker_lost: { readonly action: "keep" | "stop"; readonly after: number };
    readonly walked_off: { readonly action: "none" | "stop"; readonly after: number };
    /** Minutes. */
    readonly max_session: number | null;
  };
  /** `pause_timeout` in minutes, `min_duration` in seconds. */
  readonly session: { readonly pause_timeout: number; readonly min_duration: number };
  /** kg, years, cm. */
  readonly calories: {
    readonly weight: number;
    readonly age: number | null;
    readonly height: number | null;
    readonly sex: "female" | "male" | null;
  };
  /** Per day: km, steps, minutes, kcal. */
  readonly goals: {
    readonly distance: number | null;
    readonly steps: number | null;
    readonly duration: number | null;
    readonly calories: number | null;
  };
  readonly store: { readonly path: string; readonly retention_days: number | null };
  readonly log: {
    readonly level: "trace" | "debug" | "info" | "warn" | "error" | "fatal";
    readonly format: "auto" | "json" | "pretty";
  };
  readonly simulator: { readonly pads: readonly SimulatorEntry[] };
}
