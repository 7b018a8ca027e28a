import type { Clock } from "../clock.js";
import { asError, BridgeError } from "../domain/errors.js";
import {
  deadlines,
  handed,
  linkLost,
  linkUp,
  type Machine,
  nextWrite,
  review,
  statusSeen,
} from "./control.js";
import type { Connection } from "./driver.js";
import { type Control, type Effect, noControl, type Step } from "./goals.js";
import { interrupted, noTelemetry, observe, type Sample, type Telemetry } from "./telemetry.js";

export interface SchedulerOwner {
  /** What the goals have decided. Called after the write that a change caused was handed over: a stop waits for nothing. */
  effects(effects: readonly Effect[]): void;
  /** The connection did not take a write: it is of no use any more. */
  broken(error: BridgeError): void;
}

/**
 * Runs the goals of `control.ts` against one connection at a time: one write in flight, the next when it settled. All
 * decisions are made there, purely; this is the hand that writes and the clock that looks again.
 */
export class Scheduler {
  readonly #clock: Clock;
  readonly #owner: SchedulerOwner;
  #control: Control = noControl;
  #telemetry: Telemetry = noTelemetry;
  #machine: Machine | null = null;
  #connection: Connection | null = null;
  #writing = false;
  #cancel: () => void = () => undefined;

  constructor(clock: Clock, owner: SchedulerOwner) {
    this.#clock = clock;
    this.#owner = owner;
  }

  get control(): Control {
    return this.#control;
  }

  get telemetry(): Telemetry {
    return this.#telemetry;
  }

  /** Changes the goals; whatever is due is written before anybody hears of it. */
  apply(change: (control: Control, telemetry: Telemetry, now: number) => Step): void {
    const step = change(this.#control, this.#telemetry, this.#clock.now());
    this.#control = step.control;
    this.#pump();
    if (step.effects.length > 0) this.#owner.effects(step.effects);
  }

  /** The machine behind the link, once known; its limits may become known later. */
  setMachine(machine: Machine): void {
    this.#machine = machine;
  }

  open(connection: Connection): void {
    this.#connection = connection;
    this.#writing = false;
    this.apply((control, _, now) => ({ control: linkUp(control, now), effects: [] }));
  }

  close(): void {
    this.#connection = null;
    const last = this.#telemetry;
    this.#telemetry = interrupted(last);
    this.apply((control) => linkLost(control, last));
  }

  see(sample: Sample): void {
    const machine = this.#machine;
    if (!machine) return;
    this.#telemetry = observe(this.#telemetry, sample);
    this.apply((control, telemetry, now) => statusSeen(control, telemetry, machine, sample, now));
  }

  preferencesKnown(): void {
    this.apply((control) => ({
      control: { ...control, preferences: { ...control.preferences, known: true } },
      effects: [],
    }));
  }

  /** No timer stays behind. */
  end(): void {
    this.#cancel();
    this.#connection = null;
  }

  #look(): void {
    const machine = this.#machine;
    if (machine) this.apply((control, telemetry, now) => review(control, telemetry, machine, now));
    else this.#pump();
  }

  #pump(): void {
    this.#cancel();
    const now = this.#clock.now();
    let at = Infinity;
    if (this.#connection && this.#machine && !this.#writing) {
      const next = nextWrite(this.#control, this.#telemetry, this.#machine, now);
      if ("operation" in next) this.#write(this.#connection, next.operation, now);
      else at = next.lookAgainAt;
    }
    // Only moments to come: one that has passed was reviewed with the change that led here.
    for (const deadline of deadlines(this.#control)) if (deadline > now) at = Math.min(at, deadline);
    if (at !== Infinity) this.#cancel = this.#clock.after(Math.max(1, at - now), () => this.#look());
  }

  #write(connection: Connection, operation: Parameters<Connection["write"]>[0], now: number): void {
    this.#writing = true;
    this.#control = handed(this.#control, operation, this.#telemetry, now);
    connection.write(operation).then(
      () => this.#written(connection),
      (thrown: unknown) => {
        if (this.#connection !== connection) return;
        this.#writing = false;
        const why = asError(thrown);
        this.#owner.broken(why instanceof BridgeError ? why : new BridgeError("write-failed", why.message));
      },
    );
  }

  #written(connection: Connection): void {
    if (this.#connection !== connection) return;
    this.#writing = false;
    this.#pump();
  }
}
