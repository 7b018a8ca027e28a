import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Ledger, Records } from "../../src/domain/ledger.js";
import type { PadStatus } from "../../src/domain/pad.js";
import { walk, type WalkEvent, type WalkInput, type WalkSettings } from "../../src/domain/session.js";
import { tally } from "../../src/domain/totals.js";
import { seconds } from "../../src/domain/units.js";
import { detect, noFootfall } from "../../src/domain/walked-off.js";
import type { Logger } from "../../src/log.js";
import { Store, type StoreDeps } from "../../src/store/store.js";
import type { Clock } from "../../src/clock.js";
import type { ManualClock } from "../support/clock.js";

export const SETTINGS: WalkSettings = {
  pauseTimeout: 15 * 60_000,
  minDuration: seconds(30),
  body: { weight: 75, age: null, height: null, sex: null },
};
const ZONE = "Europe/Berlin";

/** A folder that is gone after `run`. */
export const inFolder = async (run: (folder: string) => Promise<void>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "walkingpad-store-"));
  try {
    await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** A log that keeps its warnings. */
export const listeningLog = (): { readonly log: Logger; readonly warnings: string[] } => {
  const warnings: string[] = [];
  const silent = (): void => undefined;
  const log: Logger = {
    trace: silent,
    debug: silent,
    info: silent,
    warn: (_, message) => warnings.push(message),
    error: (_, message) => warnings.push(message),
    fatal: silent,
    child: () => log,
  };
  return { log, warnings };
};

const newStore = (folder: string, clock: ManualClock, deps: Partial<StoreDeps> = {}): Store =>
  new Store(folder, {
    log: listeningLog().log,
    clock,
    timeZone: ZONE,
    retentionDays: null,
    changed: () => undefined,
    stopDue: () => false,
    ...deps,
  });

export const openStore = async (
  folder: string,
  clock: ManualClock,
  deps: Partial<StoreDeps> = {},
): Promise<Store> => {
  const store = newStore(folder, clock, deps);
  await store.open();
  return store;
};

/** What the pad core does with its journal: every step of the reducer goes to the ledger. */
export class Book {
  readonly events: WalkEvent[] = [];
  readonly #store: Store;
  readonly #ledger: Ledger;
  readonly #pad: string;
  readonly #settings: WalkSettings;
  readonly #clock: Clock;
  #records: Records;

  constructor(store: Store, clock: Clock, pad = "office", settings: WalkSettings = SETTINGS) {
    this.#settings = settings;
    this.#store = store;
    this.#clock = clock;
    this.#pad = pad;
    this.#ledger = store.ledgerOf(pad);
    this.#records = this.#ledger.resume();
  }

  get records(): Records {
    return this.#records;
  }

  status(status: PadStatus): void {
    this.take((moment) => ({ type: "status", status, ...moment }), status);
    this.#store.saw(this.#pad, this.#clock.wall());
  }

  tick(): void {
    this.take((moment) => ({ type: "tick", ...moment }));
    const turned = tally(this.#records.tally, { type: "tick", at: this.#clock.wall() }, ZONE);
    this.#records = { ...this.#records, tally: turned };
  }

  take(input: (moment: { at: number; now: number }) => WalkInput, status: PadStatus | null = null): void {
    const moment = { at: this.#clock.wall(), now: this.#clock.now() };
    const step = walk(this.#records.walk, input(moment), this.#settings);
    let { footfall, tally: sums } = this.#records;
    for (const event of step.events) {
      if (event.type === "session_started") footfall = noFootfall;
      if (event.type === "delta") sums = tally(sums, event, ZONE);
    }
    if (status) footfall = detect(footfall, status, moment.now, 15_000).state;
    this.#records = { ...this.#records, walk: step.state, footfall, tally: sums };
    this.events.push(...step.events);
    this.#ledger.note({ ...moment, ...this.#records, events: step.events, status });
  }

  /** What happened, in the words of contract 3. */
  get words(): string[] {
    return this.events.flatMap(({ type }) => (type === "delta" ? [] : [type.slice(8)]));
  }
}
