import { AT_REST, speedFromKmh, type Speed } from "./units.js";

/** The machines that the simulator implements (docs/configuration.md, `simulator.pads`). */
export const SIMULATED_MODELS = [
  "c2",
  "a1",
  "p1",
  "r1pro",
  "z1",
  "mc21",
  "ftms",
  "tm11gy",
  "urtm028",
  "ks-c2",
  "x21",
  "pitpat",
  "pitpat-b",
  "pitpat-c",
  "sperax",
] as const;
export type SimulatedModel = (typeof SIMULATED_MODELS)[number];

/** The faults of a simulated pad. They apply until other faults are set. */
export interface Faults {
  /** The belt keeps this speed after a stop; 0: it comes to rest. */
  readonly creep: Speed;
  /** Seconds into each connection from which the pad sends nothing, though the link stays up; null: never. */
  readonly silent: number | null;
  /** Share of the start frames that have no effect, 0 to 1. */
  readonly refuseStart: number;
  /** Share of the connects that are refused, 0 to 1, and for how many seconds from now; null: without end. */
  readonly refuseConnect: { readonly share: number; readonly seconds: number | null };
  /** Share of the notifications that never arrive, 0 to 1. */
  readonly drop: number;
  /** Share of the notifications that arrive damaged, 0 to 1. */
  readonly corrupt: number;
  /** Seconds into each connection at which the link is lost; null: never. */
  readonly disconnectAfter: number | null;
}

export const NO_FAULTS: Faults = {
  creep: AT_REST,
  silent: null,
  refuseStart: 0,
  refuseConnect: { share: 0, seconds: null },
  drop: 0,
  corrupt: 0,
  disconnectAfter: null,
};

/** A simulated pad: its address in lower case; a null name is the one its model advertises. */
export interface SimulatedPadSettings {
  readonly address: string;
  readonly name: string | null;
  readonly model: SimulatedModel;
  readonly faults: Faults;
}

/** `key` is the fault's name; null when the value as a whole is not an object of faults. */
export interface FaultError {
  readonly key: string | null;
  readonly value: unknown;
  readonly allowed: string;
}

/** How a fault is written, as a description and a check; `false`, `null` and 0 mean no fault and are handled before. */
interface Form {
  readonly allowed: string;
  readonly most: number;
  /** The value of `true`; null where `true` is not allowed. */
  readonly always: number | null;
  readonly set: (faults: Faults, value: number) => Faults;
}

const DAY = 86_400;

const share = (set: Form["set"]): Form => ({
  allowed: "a share from 0 to 1, or true, which is all",
  most: 1,
  always: 1,
  set,
});
const delay = (set: Form["set"]): Form => ({
  allowed: `seconds up to ${DAY}, true (at once) or false`,
  most: DAY,
  always: 0,
  set,
});

const FORMS: Readonly<Record<string, Form>> = {
  creep: {
    allowed: "km/h from 0 to 6",
    most: 6,
    always: null,
    set: (faults, kmh) => ({ ...faults, creep: speedFromKmh(kmh) }),
  },
  silent: delay((faults, silent) => ({ ...faults, silent })),
  refuse_start: share((faults, refuseStart) => ({ ...faults, refuseStart })),
  refuse_connect: {
    allowed: `true, false, a share up to 1, or above 1 seconds up to ${DAY}`,
    most: DAY,
    always: 1,
    set: (faults, value) => ({
      ...faults,
      refuseConnect: value <= 1 ? { share: value, seconds: null } : { share: 1, seconds: value },
    }),
  },
  drop: share((faults, drop) => ({ ...faults, drop })),
  corrupt: share((faults, corrupt) => ({ ...faults, corrupt })),
  disconnect_after: delay((faults, disconnectAfter) => ({ ...faults, disconnectAfter })),
};

/** The number that a value stands for; null: not allowed. */
const amount = (form: Form, value: unknown): number | null => {
  if (value === true) return form.always;
  return typeof value === "number" && value > 0 && value <= form.most ? value : null;
};

const isNoFault = (value: unknown): boolean => value === null || value === false || value === 0;

/**
 * Faults as written in `simulator.pads[].faults` or sent to `bridge/request/simulate`: an object with some of the keys
 * of FORMS. It replaces all faults: keys that are absent are off. Never throws.
 */
export const parseFaults = (
  value: unknown,
):
  | { readonly ok: true; readonly faults: Faults }
  | { readonly ok: false; readonly errors: readonly FaultError[] } => {
  if (value === undefined || value === null) return { ok: true, faults: NO_FAULTS };
  const names = Object.keys(FORMS).join(", ");
  if (typeof value !== "object" || Array.isArray(value)) {
    return { ok: false, errors: [{ key: null, value, allowed: `an object of ${names}` }] };
  }
  const errors: FaultError[] = [];
  let faults = NO_FAULTS;
  for (const [key, raw] of Object.entries(value) as [string, unknown][]) {
    const form = Object.hasOwn(FORMS, key) ? FORMS[key] : undefined;
    if (form !== undefined && isNoFault(raw)) continue;
    const number = form === undefined ? null : amount(form, raw);
    if (form !== undefined && number !== null) faults = form.set(faults, number);
    else errors.push({ key, value: raw, allowed: form?.allowed ?? `one of ${names}` });
  }
  return errors.length === 0 ? { ok: true, faults } : { ok: false, errors };
};
