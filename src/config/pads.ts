import { SIMULATED_MODELS, parseFaults } from "../domain/faults.js";
import { PROTOCOL_NAMES } from "../domain/pad.js";
import type { PadEntry, SimulatorEntry } from "./config.js";
import type { Finding } from "./errors.js";
import { canonicalAddress, check, coerce, isEmpty, isSection, type Rule } from "./formats.js";
import { suggest } from "./suggest.js";

type Rules<T> = { readonly [K in keyof T]: Rule<T[K] | null> };

const SPEED = { format: "number", default: null, above: 0, max: 30 } as const;

/** The keys of an entry of `pads`. A null default of `id` means that it must be given, of `name` that it is the id. */
export const PAD_RULES: Rules<PadEntry> = {
  id: { doc: "Topic and identity of the pad; required", format: "pad-id", default: null },
  name: { doc: "Shown in Home Assistant; by default the id", format: "text", default: null },
  enabled: { doc: "`false`: the pad is ignored", format: "boolean", default: true },
  address: {
    doc: "Bluetooth address; either this or `advertised_name` is required",
    format: "address",
    default: null,
  },
  advertised_name: {
    doc: "The complete name that the pad advertises, case-insensitive; it is bound to the first address that matches",
    format: "text",
    default: null,
  },
  protocol: {
    doc: "`auto` reads it from the pad",
    format: "choice",
    default: "auto",
    choices: ["auto", ...PROTOCOL_NAMES],
  },
  max_speed: { ...SPEED, doc: "km/h; only narrows what the pad reports, or replaces the model's default" },
  min_speed: { ...SPEED, doc: "km/h; only narrows what the pad reports, or replaces the model's default" },
  start_speed: { ...SPEED, doc: "km/h, set once the belt moves; `null`: the pad's own start speed" },
  presets: {
    ...SPEED,
    format: "speeds",
    doc: "km/h, such as `[2, 3.5, 5]`: buttons on the page; `null`: three from the pad's own range",
  },
};

/** The keys of an entry of `simulator.pads`. */
export const SIMULATOR_RULES: Rules<SimulatorEntry> = {
  address: { doc: "Bluetooth address; required", format: "address", default: null },
  name: { doc: "Advertised name; by default that of the model", format: "text", default: null },
  model: { doc: "The machine", format: "choice", default: "c2", choices: SIMULATED_MODELS },
  faults: {
    doc: "Its faults: `creep` (km/h), `silent` and `disconnect_after` (seconds), `refuse_start`, `drop` and `corrupt` (share), `refuse_connect` (share or seconds)",
    format: "faults",
    default: {},
  },
};

/** A partly checked entry: a value that is not given is null, one that is not allowed is absent. */
type Draft<T> = { readonly [K in keyof T]?: T[K] | null };

interface Entry<T> {
  readonly values: Draft<T>;
  readonly findings: readonly Finding[];
}

const unknownKeys = (rules: object, entry: object, path: string): Finding[] => {
  const known = Object.keys(rules);
  return Object.keys(entry)
    .filter((key) => !known.includes(key))
    .map((key) => {
      const meant = suggest(key, known);
      const why = `unknown key${meant === null ? "" : `, did you mean ${meant}?`}`;
      return { key: `${path}.${key}`, why, allowed: known.join(", ") };
    });
};

const readEntry = <T extends object>(rules: Rules<T>, entry: unknown, path: string): Entry<T> => {
  if (!isSection(entry)) {
    const allowed = `a section with ${Object.keys(rules).join(", ")}`;
    return { values: {}, findings: [{ key: path, value: entry, allowed }] };
  }
  const findings = unknownKeys(rules, entry, path);
  const values: Record<string, unknown> = {};
  for (const [key, rule] of Object.entries<Rule>(rules)) {
    const given = Object.hasOwn(entry, key) ? entry[key] : null;
    const value = isEmpty(given) ? rule.default : coerce(rule.format, given);
    const finding = check(rule, `${path}.${key}`, value);
    if (finding === null) values[key] = value;
    else findings.push(finding);
  }
  return { values: values as Draft<T>, findings };
};

/**
 * A `key` that repeats an earlier entry's. Ids are lower case and addresses normalised; names are compared in any case.
 */
const repeated = <K extends string>(
  path: string,
  entries: readonly { readonly [key in K]?: string | null }[],
  key: K,
): Finding[] => {
  const values = entries.map((entry) => entry[key]?.toLowerCase());
  return values.flatMap((value, index) => {
    const first = values.indexOf(value);
    if (value === undefined || first === index) return [];
    const why = `is the ${key} of ${path}[${first}] too`;
    return [{ key: `${path}[${index}].${key}`, value, why, allowed: `a different ${key} for each` }];
  });
};

const missing = (key: string, allowed: string): Finding => ({ key, why: "is missing", allowed });

const speeds = (pad: Draft<PadEntry>, path: string): Finding[] => {
  const { min_speed: min = null, max_speed: max = null, start_speed: start = null, presets } = pad;
  if (min !== null && max !== null && min >= max) {
    return [{ key: `${path}.min_speed`, value: min, allowed: `less than max_speed, which is ${max}` }];
  }
  const isOutside = (speed: number): boolean => speed < (min ?? 0) || speed > (max ?? Infinity);
  const allowed = "a speed between min_speed and max_speed";
  return [
    ...(start !== null && isOutside(start) ? [{ key: `${path}.start_speed`, value: start, allowed }] : []),
    ...(presets ?? []).flatMap((speed, index) =>
      isOutside(speed) ? [{ key: `${path}.presets[${index}]`, value: speed, allowed }] : [],
    ),
  ];
};

const identity = (pad: Draft<PadEntry>, path: string): Finding[] => {
  const findings = pad.id === null ? [missing(`${path}.id`, "a short name for topics, such as office")] : [];
  if (pad.address === undefined || pad.advertised_name === undefined) return findings;
  if ((pad.address === null) !== (pad.advertised_name === null)) return findings;
  const why = pad.address === null ? "is missing" : "is given together with advertised_name";
  return [...findings, { key: `${path}.address`, why, allowed: "either address or advertised_name" }];
};

const inOneSpelling = <T extends { readonly address?: string | null }>(entry: T): T =>
  typeof entry.address === "string" ? { ...entry, address: canonicalAddress(entry.address) } : entry;

const readPad = (entry: unknown, path: string): Entry<PadEntry> => {
  const { values, findings } = readEntry<PadEntry>(PAD_RULES, entry, path);
  if (!isSection(entry)) return { values, findings };
  const pad = { ...inOneSpelling(values), name: values.name ?? values.id ?? null };
  return { values: pad, findings: [...findings, ...identity(pad, path), ...speeds(pad, path)] };
};

const readSimulated = (entry: unknown, path: string): Entry<SimulatorEntry> => {
  const { values, findings } = readEntry<SimulatorEntry>(SIMULATOR_RULES, entry, path);
  if (!isSection(entry)) return { values, findings };
  const parsed = parseFaults(values.faults);
  const faults = parsed.ok
    ? []
    : parsed.errors.map(({ key, ...rest }) => ({
        key: key === null ? `${path}.faults` : `${path}.faults.${key}`,
        ...rest,
      }));
  const absent = values.address === null ? [missing(`${path}.address`, "a Bluetooth address")] : [];
  return { values: inOneSpelling(values), findings: [...findings, ...absent, ...faults] };
};

/** Every pad of a `pads` list with its defaults, or all errors in it. */
export const readPads = (
  list: readonly unknown[],
): { pads: readonly PadEntry[]; findings: readonly Finding[] } => {
  const read = list.map((entry, index) => readPad(entry, `pads[${index}]`));
  const pads = read.map(({ values }) => values);
  const equal = (["id", "address", "advertised_name"] as const).flatMap((key) => repeated("pads", pads, key));
  return { pads: pads as PadEntry[], findings: [...read.flatMap(({ findings }) => findings), ...equal] };
};

/** Every simulated pad of a `simulator.pads` list with its defaults, or all errors in it. */
export const readSimulatorPads = (
  list: readonly unknown[],
): { pads: readonly SimulatorEntry[]; findings: readonly Finding[] } => {
  const read = list.map((entry, index) => readSimulated(entry, `simulator.pads[${index}]`));
  const pads = read.map(({ values }) => values);
  const equal = repeated("simulator.pads", pads, "address");
  return {
    pads: pads as SimulatorEntry[],
    findings: [...read.flatMap(({ findings }) => findings), ...equal],
  };
};
