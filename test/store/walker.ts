import type { WalkEvent } from "../../src/domain/session.js";
import { COMMAND, frame } from "../../src/protocol/wilink/frames.js";
import { readRecord, readStatus, recordOf, statusOf } from "../../src/protocol/wilink/replies.js";
import { machineModel } from "../../src/sim/models.js";
import { newPad, type Pad, receive, remote, tick } from "../../src/sim/pad.js";
import { Store } from "../../src/store/store.js";
import { seconds } from "../../src/domain/units.js";
import { ManualClock } from "../support/clock.js";
import { storeHere } from "../support/store-here.js";
import { TrackedPad, listeningLog, SETTINGS } from "./tracked-pad.js";
import { RunClock } from "./run-clock.js";
import { localDays } from "../support/local-days.js";

const POLL = [0xa2, 0, 0];
const STOP = [0xa2, 1, 0];
const STANDBY = [0xa2, 2, 2];
const RECORD = [0xa7, 0xaa, 0xff];

export const MODELS = ["c2", "a1", "p1", "r1pro"] as const;
export type Model = (typeof MODELS)[number];

/** Metres, seconds and steps. */
export interface Numbers {
  readonly distance: number;
  readonly duration: number;
  readonly steps: number;
}

/** A simulated pad, a person with its remote, and a bridge that comes and goes. Everything happens by the second. */
export class Walker {
  readonly clock = new ManualClock();
  readonly events: WalkEvent[] = [];
  readonly #folder: string;
  #pad: Pad;
  #truth: Numbers = { distance: 0, duration: 0, steps: 0 };
  #run: { readonly life: RunClock; readonly store: Store; readonly book: TrackedPad } | null = null;

  constructor(model: Model, folder: string) {
    this.#pad = newPad(machineModel(model), { mode: "manual", startSpeed: 3.6 });
    this.#folder = folder;
  }

  /** What was walked, by the belt itself. */
  get truth(): Numbers {
    return this.#truth;
  }

  get moving(): boolean {
    return this.#pad.machine.belt.speed > 0;
  }

  get book(): TrackedPad {
    if (!this.#run) throw new Error("the bridge is not running");
    return this.#run.book;
  }

  get store(): Store {
    if (!this.#run) throw new Error("the bridge is not running");
    return this.#run.store;
  }

  async start(): Promise<void> {
    const life = new RunClock(this.clock);
    const store = new Store(this.#folder, storeHere(this.#folder, life), {
      log: listeningLog().log,
      clock: life,
      localDay: localDays("Europe/Berlin"),
      retentionDays: null,
      changed: () => undefined,
    });
    await store.open();
    const settings = { ...SETTINGS, minDuration: seconds(0) };
    this.#run = { life, store, book: new TrackedPad(store, life, "office", settings) };
  }

  /** The bridge receives a status of the pad each second. */
  async listen(duration: number): Promise<void> {
    for (let second = 0; second < duration; second += 1) {
      await this.#second();
      const [status] = this.#send(POLL);
      if (status) this.book.status(statusOf(readStatus(status)));
      if (this.book.wonders) this.#askForRecord();
    }
  }

  /** The link is lost; a running bridge knows that. */
  async away(duration: number): Promise<void> {
    this.#run?.book.gap();
    for (let second = 0; second < duration; second += 1) {
      await this.#second();
      this.#run?.book.tick();
    }
  }

  press(key: "start-stop" | "+" | "-"): void {
    this.#pad = remote(this.#pad, key);
  }

  standby(): void {
    this.#send(STANDBY);
  }

  /** kill -9: what was not written is lost. */
  kill(): void {
    if (!this.#run) return;
    this.events.push(...this.#run.book.events);
    this.#run.life.end();
    this.#run = null;
  }

  /** The one path out: the belt stopped and seen at rest, standby, the store closed. */
  async exit(): Promise<void> {
    this.#send(STOP);
    for (let second = 0; second < 20 && this.moving; second += 1) await this.listen(1);
    await this.listen(2);
    this.book.park();
    this.standby();
    await this.listen(2);
    this.store.clearCrashMark("office");
    await this.store.close();
    this.kill();
  }

  #askForRecord(): void {
    const [bytes] = this.#send(RECORD);
    if (!bytes) throw new Error("the pad has no record to tell");
    this.book.record(recordOf(readRecord(bytes)));
  }

  #send(body: readonly number[]): readonly Uint8Array[] {
    const { pad, notifications } = receive(this.#pad, "fe02", frame(COMMAND, body));
    this.#pad = pad;
    return notifications.map(({ bytes }) => bytes);
  }

  async #second(): Promise<void> {
    for (let i = 0; i < 10; i += 1) {
      const before = this.#pad.machine.belt.counters;
      this.#pad = tick(this.#pad, 100);
      const after = this.#pad.machine.belt.counters;
      const gained = (key: "elapsed" | "distance" | "steps"): number =>
        after[key] >= before[key] ? after[key] - before[key] : after[key];
      this.#truth = {
        distance: this.#truth.distance + gained("distance"),
        duration: this.#truth.duration + gained("elapsed") / 1000,
        steps: this.#truth.steps + gained("steps"),
      };
    }
    await this.clock.advance(1000);
  }
}
