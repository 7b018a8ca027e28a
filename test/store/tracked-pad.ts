import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type SessionStore, noRecords, type Records } from "../../src/domain/session-store.js";
import type { PadRecord, PadStatus } from "../../src/domain/pad.js";
import type { WalkEvent, WalkSettings } from "../../src/domain/session.js";
import { seconds } from "../../src/domain/units.js";
import type { Logger } from "../../src/log/log.js";
import { SessionTracker } from "../../src/pad/session/session-tracker.js";
import type { StorePort } from "../../src/store/port.js";
import type { Driver } from "../../src/store/sqlite.js";
import { Store, type StoreDeps } from "../../src/store/store.js";
import type { Clock } from "../../src/clock.js";
import type { ManualClock } from "../support/clock.js";
import { statusAt } from "../support/pad-state.js";
import { storeHere } from "../support/store-here.js";
import { localDays } from "../support/local-days.js";

export const SETTINGS: WalkSettings = {
  pauseTimeout: 15 * 60_000,
  minDuration: seconds(30),
  body: { weight: 75, age: null, height: null, sex: null },
};
const ZONE = "Europe/Berlin";

/** The filter of every session. */
export const ALL = { pad: null, since: null, limit: null };

/** A folder that is gone after `run`. */
export const inFolder = async (run: (folder: string) => Promise<void>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "walkingpad-store-"));
  try {
    await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** A log that keeps its warnings and its news. */
export const listeningLog = (): {
  readonly log: Logger;
  readonly warnings: string[];
  readonly infos: string[];
} => {
  const warnings: string[] = [];
  const infos: string[] = [];
  const silent = (): void => undefined;
  const log: Logger = {
    trace: silent,
    debug: silent,
    info: (_, message) => infos.push(message),
    warn: (_, message) => warnings.push(message),
    error: (_, message) => warnings.push(message),
    fatal: silent,
    child: () => log,
  };
  return { log, warnings, infos };
};

interface RigDeps extends StoreDeps {
  readonly loadDriver: () => Promise<Driver>;
  readonly port: StorePort;
}

export const newStore = (folder: string, clock: ManualClock, deps: Partial<RigDeps> = {}): Store =>
  new Store(folder, deps.port ?? storeHere(folder, clock, deps.loadDriver), {
    log: listeningLog().log,
    clock,
    localDay: localDays(ZONE),
    retentionDays: null,
    changed: () => undefined,
    ...deps,
  });

export const openStore = async (
  folder: string,
  clock: ManualClock,
  deps: Partial<RigDeps> = {},
): Promise<Store> => {
  const store = newStore(folder, clock, deps);
  await store.open();
  return store;
};

/** The stored sessions of a pad; throws where they cannot be read. */
export const recordsIn = (store: Store, pad = "office"): Records => {
  const records = store.sessionStoreOf(pad).resume();
  if (!records) throw new Error("what was walked cannot be read");
  return records;
};

/** A pad whose sessions the real SessionTracker tracks in a store; records the events that reach the store. */
export class TrackedPad {
  readonly events: WalkEvent[] = [];
  readonly #store: Store;
  readonly #pad: string;
  readonly #clock: Clock;
  readonly #tracker: SessionTracker;
  #records: Records = noRecords;

  constructor(store: Store, clock: Clock, pad = "office", settings: WalkSettings = SETTINGS) {
    this.#store = store;
    this.#clock = clock;
    this.#pad = pad;
    const sessions = store.sessionStoreOf(pad);
    const recording: SessionStore = {
      resume: () => {
        const records = sessions.resume();
        this.#records = records ?? noRecords;
        return records;
      },
      note: (entry) => {
        this.#records = entry;
        this.events.push(...entry.events);
        sessions.note(entry);
      },
    };
    const journal = {
      walk: settings,
      goals: { distance: null, steps: null, duration: null, calories: null },
      walkedOff: { stop: false, after: 15_000 },
      localDay: localDays(ZONE),
    };
    this.#tracker = new SessionTracker(journal, clock, recording, false, () => undefined);
  }

  get records(): Records {
    return this.#records;
  }

  status(status: PadStatus): void {
    this.#tracker.status(status, null, null);
    this.#store.statusSeen(this.#pad, this.#clock.wall());
  }

  tick(): void {
    this.#tracker.tick();
  }

  end(): void {
    this.#tracker.end();
  }

  gap(): void {
    this.#tracker.gap();
  }

  park(): void {
    this.#tracker.park();
  }

  record(record: PadRecord): void {
    this.#tracker.record(record);
  }

  get wonders(): boolean {
    return this.#tracker.needsRecord;
  }

  /** What happened, in the words of docs/topics.md. */
  get words(): string[] {
    return this.events.flatMap(({ type }) => (type === "delta" ? [] : [type.slice(8)]));
  }
}

/** A status a second; the clock ends a second after the last. */
export const walkFor = async (
  book: TrackedPad,
  clock: ManualClock,
  from: number,
  to: number,
): Promise<void> => {
  for (let second = from; second < to; second += 1) {
    book.status(statusAt(second));
    await clock.advance(1000);
  }
};
