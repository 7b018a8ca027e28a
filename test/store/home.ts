import type { SimulatedModel } from "../../src/domain/faults.js";
import { NO_FAULTS } from "../../src/domain/faults.js";
import type { SafetySettings } from "../../src/domain/pad.js";
import type { Session, Stats, Totals } from "../../src/domain/stats.js";
import { seconds } from "../../src/domain/units.js";
import type { PadEvent } from "../../src/pad/session/session-journal.js";
import { RightOfWay } from "../../src/pad/link/right-of-way.js";
import { Pad } from "../../src/pad/pad.js";
import { type PadOptions, remote } from "../../src/sim/pad.js";
import { simulatedRadio } from "../../src/sim/radio.js";
import { Store } from "../../src/store/store.js";
import { ManualClock } from "../support/clock.js";
import { quiet, SAFETY, SETTINGS } from "../support/pad-rig.js";
import { storeHere } from "../support/store-here.js";
import { SETTINGS as WALK } from "./tracked-pad.js";
import { RunClock, RunRadio } from "./run-clock.js";
import { localDays } from "../support/local-days.js";

export const HOME_MODELS = [
  "c2",
  "a1",
  "p1",
  "r1pro",
  "z1",
  "mc21",
  "ftms",
  "tm11gy",
] as const satisfies SimulatedModel[];
/** These count no steps. */
export const STEPLESS: readonly HomeModel[] = ["mc21", "tm11gy"];
export type HomeModel = (typeof HOME_MODELS)[number];

const ADDRESS = SETTINGS.address ?? "";
const LOOK_MS = 100;

/** Metres, seconds and steps. */
export interface Truth {
  readonly distance: number;
  readonly duration: number;
  readonly steps: number;
}

interface Counts {
  readonly elapsed: number;
  readonly distance: number;
  readonly steps: number;
}

interface Run {
  readonly life: RunClock;
  readonly radio: RunRadio;
  readonly store: Store;
  readonly pad: Pad;
}

/**
 * A simulated pad that is never switched off, a person with its remote, and a bridge that comes and goes: the pad core,
 * wired to a store on the disk as `app.ts` does it. All by a clock that is moved by hand.
 */
export class Home {
  readonly model: HomeModel;
  readonly clock: ManualClock;
  readonly events: PadEvent[] = [];
  /** What has been, or could have been, published as totals, in order. */
  readonly totals: Totals[] = [];
  readonly #folder: string;
  readonly #safety: SafetySettings;
  readonly #minDuration: number;
  readonly #radio: ReturnType<typeof simulatedRadio>;
  #truth: Truth = { distance: 0, duration: 0, steps: 0 };
  #last: Counts;
  #run: Run | null = null;

  constructor(
    model: HomeModel,
    folder: string,
    options: { safety?: Partial<SafetySettings>; pad?: PadOptions; wall?: number; minDuration?: number } = {},
  ) {
    this.model = model;
    this.clock = new ManualClock(options.wall);
    this.#folder = folder;
    // Whoever walks here goes on walking when the bridge is back: it has no say in what the belt does.
    this.#safety = { ...SAFETY, stopAfterCrash: false, ...options.safety };
    this.#minDuration = options.minDuration ?? 0;
    const pad = { address: ADDRESS, name: null, model, faults: NO_FAULTS } as const;
    const deps = { clock: this.clock };
    this.#radio = simulatedRadio(
      [{ ...pad, options: { mode: "manual", startSpeed: 3.6, ...options.pad } }],
      deps,
    );
    this.#last = this.#counters;
    this.clock.every(LOOK_MS, () => this.#look());
  }

  /** What was walked, by the belt itself. */
  get truth(): Truth {
    return this.#truth;
  }

  get moving(): boolean {
    return this.#radio.pad(ADDRESS).machine.belt.phase !== "rest";
  }

  get store(): Store {
    return this.#running.store;
  }

  get stats(): Stats {
    const { stats } = this.#running.pad.view();
    if (!stats) throw new Error("what was walked is not known");
    return stats;
  }

  get session(): Session {
    const { session } = this.stats;
    if (!session) throw new Error("there was no walk");
    return session;
  }

  /** What the totals have more than was walked. */
  get off(): Truth {
    const { total } = this.stats;
    const off = (key: keyof Truth): number => Math.round((total[key] - this.#truth[key]) * 10) / 10;
    return { distance: off("distance"), duration: off("duration"), steps: off("steps") };
  }

  /** What became of the walk, in the words of docs/topics.md. */
  get walkWords(): string[] {
    return this.events.flatMap(({ type }) => (type.startsWith("session_") ? [type.slice(8)] : []));
  }

  async start(): Promise<void> {
    const life = new RunClock(this.clock);
    const radio = new RunRadio(this.#radio, life);
    const store = new Store(this.#folder, storeHere(this.#folder, life), {
      log: quiet,
      clock: life,
      localDay: localDays("Europe/Berlin"),
      retentionDays: null,
      changed: () => undefined,
    });
    await store.open();
    const pad = this.#newPad(life, radio, store);
    this.#run = { life, radio, store, pad };
    pad.subscribe({ changed: () => this.#changed(), happened: (event) => this.events.push(event) });
    pad.start();
  }

  /** Waits until the started bridge has received a status and has read the sessions. */
  async heard(): Promise<void> {
    const { pad } = this.#running;
    await this.clock.until(() => pad.view().available && pad.view().stats !== null, 30_000);
  }

  press(key: Parameters<typeof remote>[1] = "start-stop"): void {
    this.#radio.act(ADDRESS, (pad) => remote(pad, key));
  }

  outOfRange(out: boolean): void {
    this.#radio.outOfRange(ADDRESS, out);
  }

  async wait(ms: number): Promise<void> {
    await this.clock.advance(ms);
  }

  /** The belt is brought to rest by the remote, and stays there for a while. */
  async rest(ms = 10_000): Promise<void> {
    if (this.moving) this.press();
    await this.clock.until(() => !this.moving, 60_000);
    await this.clock.advance(ms);
  }

  /** kill -9: what was not written is lost. */
  async kill(): Promise<void> {
    if (!this.#run) return;
    const { radio } = this.#run;
    this.#run = null;
    await this.clock.settled(radio.kill());
  }

  /** The one path out, in the order of safety rule 8. */
  async exit(): Promise<void> {
    const { pad, store } = this.#running;
    const none = new AbortController().signal;
    pad.shutdown.begin();
    await this.clock.settled(pad.shutdown.stop(none, none));
    if (pad.shutdown.verdict() === "rest") store.clearCrashMark(SETTINGS.id);
    await store.end();
    await this.clock.settled(pad.close());
    await store.close();
    await this.kill();
  }

  get #running(): Run {
    if (!this.#run) throw new Error("the bridge is not running");
    return this.#run;
  }

  #newPad(life: RunClock, radio: RunRadio, store: Store): Pad {
    return new Pad(SETTINGS, {
      clock: life,
      radio,
      rightOfWay: new RightOfWay(life),
      log: quiet,
      memory: store,
      safety: this.#safety,
      journal: {
        walk: { ...WALK, minDuration: seconds(this.#minDuration) },
        goals: { distance: null, steps: null, duration: null, calories: null },
        walkedOff: this.#safety.walkedOff,
        localDay: localDays("Europe/Berlin"),
      },
      ledger: store.sessionStoreOf(SETTINGS.id),
      crashedAt: store.crashedAt(SETTINGS.id),
    });
  }

  #changed(): void {
    if (!this.#run || this.#run.life.over) return;
    const { pad, store } = this.#run;
    const { state, stats, crashedAt } = pad.view();
    if (state.lastStatusAt !== null && crashedAt === null) store.statusSeen(SETTINGS.id, state.lastStatusAt);
    if (stats && stats.total !== this.totals.at(-1)) this.totals.push(stats.total);
  }

  get #counters(): Counts {
    const { elapsed, distance, steps } = this.#radio.pad(ADDRESS).machine.belt.counters;
    return { elapsed, distance, steps };
  }

  #look(): void {
    const [before, after] = [this.#last, this.#counters];
    const gained = (key: keyof Counts): number =>
      after[key] >= before[key] ? after[key] - before[key] : after[key];
    this.#truth = {
      distance: this.#truth.distance + gained("distance"),
      duration: this.#truth.duration + gained("elapsed") / 1000,
      steps: this.#truth.steps + gained("steps"),
    };
    this.#last = after;
  }
}
