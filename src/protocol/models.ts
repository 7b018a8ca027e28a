import { MODES, type Capabilities, type ProtocolName } from "../domain/pad.js";
import { speedFromKmh } from "../domain/units.js";
import { GENERIC_TEXT, TEXT_MODELS } from "./kingsmith-text/models.js";
import { GENERIC_PITPAT, PITPAT_MODELS } from "./pitpat/models.js";
import type { FtmsQuirks, Model, Quirks } from "./protocol.js";
import { NO_QUIRKS } from "./quirks.js";
import { GENERIC_SPERAX, SPERAX_MODELS } from "./sperax/models.js";

// The model table of wire-facts d. Limits apply until the pad reports its own (A6, 2AD4).

const WILINK_QUIRKS: Quirks = {
  ...NO_QUIRKS,
  minGap: 750, // ph4, jkrumm and tecbeat leave 700 (a.9, command spacing); a frame may be late by a connection event
  poll: 1000, // jkrumm, walkingpad-mqtt, garmin-treadmill-field; the vendor's app 750 (a.9, poll)
  pushes: false, // it sends a status only as the answer to a poll, once for each (a.3)
  modeSettle: 1000, // ph4 and tecbeat; madmatah waits 1500 (a.9, standby -> start)
  startToggles: true, // a.3, 04 01
  manualBeforeRetry: true,
  keepsRecord: true, // a.6
};

const FTMS_QUIRKS: Quirks = {
  ...NO_QUIRKS,
  minGap: 400, // Z1 (b.7.9)
  // Safety rule 7: what the machine does shortly after a start does not show that start's effect.
  showsStart: false,
  readsPreferences: true,
  ftms: { preamble: null, indicates: true, unlock: false },
};

/** Unlocks the next request: the meaning of both byte sequences is unknown, and they are constant (b.7.6). */
const KINGSMITH_PREAMBLE = [0x01, 0x00, 0x0d, 0x00, 0x06, 0x0b, 0x0f, 0x0d];
const YPOO_PREAMBLE = [0x01, 0x00, 0x00, 0x03, 0x08, 0x00, 0x02, 0x09];

const WILINK_DEFAULTS: Capabilities = {
  // The common minimum (a.9). For one R1 Pro its owner reports 2 as the lowest (qdomyos-zwift #409), another crawls at
  // 0.4 to 0.7 while ramping: with too low a minimum a speed ends as `unconfirmed`, too high a one forbids desk speeds.
  minSpeed: speedFromKmh(0.5),
  maxSpeed: speedFromKmh(6),
  step: speedFromKmh(0.1), // accepted over BLE; the remote's own step is 0.5 (a.9)
  modes: MODES,
  incline: null,
  heartRate: false,
  steps: true,
  imperial: false,
};

const FTMS_DEFAULTS: Capabilities = {
  // The lowest limits of the known machines, for a machine without 2AD4 (b.6).
  minSpeed: speedFromKmh(1),
  maxSpeed: speedFromKmh(6),
  step: speedFromKmh(0.1),
  modes: [],
  incline: null,
  heartRate: false,
  steps: false,
  imperial: false,
};

const wilink = (
  name: string,
  advertised: RegExp | null,
  max: number,
  quirks: Partial<Quirks> = {},
): Model => ({
  name,
  protocol: "wilink",
  advertised,
  defaults: { ...WILINK_DEFAULTS, maxSpeed: speedFromKmh(max) },
  quirks: { ...WILINK_QUIRKS, ...quirks },
});

interface FtmsRow extends Partial<Pick<Capabilities, "steps" | "imperial">> {
  /** km/h. */
  readonly range?: readonly [min: number, max: number];
  readonly startToggles?: boolean;
  readonly quirks?: Partial<FtmsQuirks>;
}

const ftms = (name: string, advertised: RegExp | null, row: FtmsRow = {}): Model => {
  const { range, startToggles = FTMS_QUIRKS.startToggles, quirks, ...capabilities } = row;
  const limits = range && { minSpeed: speedFromKmh(range[0]), maxSpeed: speedFromKmh(range[1]) };
  return {
    name,
    protocol: "ftms",
    advertised,
    defaults: { ...FTMS_DEFAULTS, ...limits, ...capabilities },
    quirks: { ...FTMS_QUIRKS, startToggles, ftms: FTMS_QUIRKS.ftms && { ...FTMS_QUIRKS.ftms, ...quirks } },
  };
};

const GENERIC: Readonly<Record<ProtocolName, Model>> = {
  wilink: wilink("WiLink treadmill", null, 6),
  ftms: ftms("FTMS treadmill", null),
  "kingsmith-text": GENERIC_TEXT,
  pitpat: GENERIC_PITPAT,
  sperax: GENERIC_SPERAX,
};

// The first match wins: KS-HD- is a Z1 before it is one of the KS-H.
const MODELS: readonly Model[] = [
  ...TEXT_MODELS,
  ftms("Z1", /^KS-HD-/i, { range: [1.6, 6.4], steps: true, quirks: { unlock: true } }),
  ftms("MC21", /^(KS-MC21-|KS-SMC21C-|ZP-ZEALR1-)/i, {
    range: [0.5, 10],
    quirks: { preamble: KINGSMITH_PREAMBLE, indicates: false },
  }),
  ftms("MC11", /^KS-(AP-|MC)/i, { range: [1, 12], steps: true }),
  ftms("X218", /^KS-NG-/i),
  ftms("K20S", /^KS-K20S/i), // the maker's catalogue (more-protocols 4.2)
  ftms("KingSmith FTMS", /^KS-(ESP-|C2)/i),
  ftms("Sperax RM-01", /^SPERAX_RM-01/i),
  // Reads speeds as mph, and 07 pauses it while it runs (b.7.3, b.7.11).
  ftms("TM11GY", /^TM11GY/i, { imperial: true, startToggles: true }),
  // more-protocols 4.10: another program reads their numbers as miles per hour. If that is wrong, the belt runs slower
  // than requested.
  ftms("JFTM T202", /^JFTM T202/i, { imperial: true }),
  ftms("Therun T15", /^THERUN T15/i, { imperial: true }),
  ftms("CitySports Linker", /^CITYSPORTS-LINKER/i, { steps: true }),
  ftms("Mobvoi", /^MOBVOI (TM|WMTP)/i),
  ftms("FitShow", /^FS-/i),
  ftms("YPOO Mini Pro", /^YPOO-MINI PRO-/i, { quirks: { preamble: YPOO_PREAMBLE } }),
  ftms("FTMS treadmill", /^(URTM|MRK-T|SF-T|WELLFIT TM|SWALK LITE-)/i),
  wilink("A1 Pro", /^KS-ST-A1P/i, 6, { manualFirst: true }),
  wilink("C2", /^KS-(BLC|BDC2)/i, 6),
  // R1 Pros advertise it as well, hence 10; qdomyos-zwift selects its handshake by this name (a.4).
  wilink("R1", /^RE$/i, 10, { handshake: 2 }),
  wilink("R1 Pro", /^(R1 PRO|KINGSMITH)/i, 10, { handshake: 1 }),
  wilink("R2 Pro", /^KS-(BLR|SC-BLR2C)/i, 12, { handshake: 1 }),
  wilink("S1", /^KS-S1(?![a-z0-9])/i, 6, { handshake: 2 }),
  wilink("F0", /^KS-F0/i, 7.5), // the max speed in the one A6 that was captured (a.5)
  wilink("Dynamax", /^DYNAMAX/i, 6, { handshake: 1 }),
  wilink("KingSmith", /^KS-(H|TM-H1)/i, 6),
  wilink("A1/P1", /^WALKINGPAD/i, 6),
  ...PITPAT_MODELS,
  ...SPERAX_MODELS,
];

/** Pads known by name that use other protocols: consoles with FFF0, laid out as in Sperax's module. */
const UNSUPPORTED: readonly (readonly [model: string, advertised: RegExp])[] = [
  ["LifeSpan", /^LIFESPAN-TM/i],
];

const matching = (models: readonly Model[], advertisedName: string): Model | undefined =>
  models.find((model) => model.advertised?.test(advertisedName.trim()));

/** The row for a pad whose protocol is known; the protocol's fallback row when no name matches. */
export const modelFor = (protocol: ProtocolName, advertisedName: string | null): Model =>
  matching(
    MODELS.filter((model) => model.protocol === protocol),
    advertisedName ?? "",
  ) ?? GENERIC[protocol];

/** The model that a name alone suggests; `model` is for people; null: no pad is known by that name. */
export const recogniseByName = (
  advertisedName: string,
): { readonly protocol: ProtocolName | "unsupported"; readonly model: string } | null => {
  const unsupported = UNSUPPORTED.find(([, advertised]) => advertised.test(advertisedName.trim()));
  if (unsupported) return { protocol: "unsupported", model: unsupported[0] };
  const model = matching(MODELS, advertisedName);
  return model ? { protocol: model.protocol, model: model.name } : null;
};
