import { withTimeout } from "../ble/deadline.js";
import type { Clock } from "../clock.js";
import { asError, BridgeError } from "../domain/errors.js";
import type { Answer } from "../protocol/ftms/control-point-frames.js";
import type { MachineEvent } from "../protocol/ftms/machine-status.js";
import type { Operation } from "../protocol/protocol.js";
import type { Access, StartVerdict } from "../protocol/session.js";
import { accessChanged, startJudged } from "./control/access.js";
import { afterAnswer, afterEvent, onAnswer, onEvent } from "./control/control-point.js";
import { isStillAllowed, nextWrite } from "./control/next-write.js";
import { deadlines, onLinkLost, onStatus, review } from "./control/review.js";
import { onWriteSent, onWriteStarted } from "./control/written.js";
import type { Connection } from "./link/connection.js";
import { type Control, type Effect, noControl, type Step } from "./control/goals.js";
import { type Context, type Machine, UNKNOWN_MACHINE } from "./control/context.js";
import { rescaleSpeed } from "./control/speed.js";
import { onStopLinkUp } from "./control/stop.js";
import { interrupted, noTelemetry, observe, type Sample, type Telemetry } from "./control/telemetry.js";

export interface SchedulerOwner {
  /** Goals or telemetry have changed. Due frames are already written: a stop waits for no listener. */
  changed(effects: readonly Effect[]): void;
  /** The connection did not accept a write: it is unusable. */
  broken(error: BridgeError): void;
}

/**
 * Runs the goals against one connection at a time: one write in flight, the next when it has settled; only a stop
 * passes an unsettled write. All decisions are pure functions of `control`; this class writes and sets the timers.
 */
export class Scheduler {
  readonly #clock: Clock;
  readonly #owner: SchedulerOwner;
  #control: Control = noControl;
  #telemetry: Telemetry = noTelemetry;
  #machine: Machine = UNKNOWN_MACHINE;
  #connection: Connection | null = null;
  /** The connection is subscribed: every operation may be written, not only a stop. */
  #listening = false;
  readonly #inFlight = new Map<Promise<void>, Operation>();
  #polledAt = -Infinity;
  #decided: Effect[] = [];
  /** A visible change since the owner was last notified. */
  #news = false;
  #nesting = 0;
  #ended = false;
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

  /** When the last poll was sent, on any connection; null: the machine notifies by itself. */
  get polledAt(): number | null {
    return this.#machine.quirks.poll === null ? null : this.#polledAt;
  }

  /** Runs `work`; due frames are written once, at its end, the most urgent first. Then the owner is notified. */
  together(work: () => void): void {
    this.#nesting += 1;
    try {
      work();
    } finally {
      this.#nesting -= 1;
      if (this.#nesting === 0) this.#finish();
    }
  }

  /** Changes the goals; due frames are written before any listener runs. */
  apply(change: (context: Context) => Step): void {
    this.together(() => {
      const { control, effects } = change(this.#context());
      this.#news ||= control !== this.#control || effects.length > 0;
      this.#control = control;
      this.#decided.push(...effects);
    });
  }

  /** The machine behind the link; its limits may become known later. */
  setMachine(machine: Machine): void {
    this.#machine = machine;
  }

  /** An earlier run ended without a belt confirmed at rest (safety rule 9); `bars`: starts are refused until it is. */
  leftMoving(bars: boolean): void {
    this.#control = { ...this.#control, stopConfirmed: false, haltedBy: "crash", leftMoving: bars };
  }

  /** A connection takes a stop, and nothing else before it is subscribed. */
  open(connection: Connection): void {
    this.#connection = connection;
    this.#inFlight.clear();
    const { access } = connection;
    this.apply((context) => ({ control: { ...onStopLinkUp(context), access }, effects: [] }));
  }

  /** The open connection is subscribed. */
  listening(): void {
    this.#listening = true;
    this.#pump();
  }

  close(): void {
    if (!this.#connection) return;
    this.#connection = null;
    this.#listening = false;
    const last = this.#telemetry;
    this.#telemetry = interrupted(last);
    this.apply((context) => onLinkLost({ ...context, telemetry: last }));
  }

  see(sample: Sample): void {
    this.#telemetry = observe(this.#telemetry, sample);
    this.apply((context) => onStatus(context, sample));
  }

  /** The machine answered a request. */
  answer(answer: Answer): void {
    this.#news = true;
    this.#telemetry = afterAnswer(this.#telemetry, this.#control, answer, this.#clock.now());
    this.apply((context) => onAnswer(context, answer));
  }

  /** The access to the pad became known, or changed. */
  access(access: Access): void {
    this.apply(({ control }) => accessChanged(control, access));
  }

  /** The pad answered a start. */
  startJudged(verdict: StartVerdict): void {
    this.apply(({ control, machine }) => startJudged(control, verdict, machine.quirks));
  }

  /** The machine reported an event. */
  event(event: MachineEvent): void {
    this.#news = true;
    this.#telemetry = afterEvent(this.#telemetry, this.#control, event, this.#clock.now());
    this.apply((context) => onEvent(context, event));
  }

  /** The machine turned out to use another unit: a pending speed is written again, with a new deadline. */
  rescaled(): void {
    this.apply((context) => ({ control: rescaleSpeed(context), effects: [] }));
  }

  preferencesKnown(): void {
    const preferences = { ...this.#control.preferences, known: true };
    this.apply(({ control }) => ({ control: { ...control, preferences }, effects: [] }));
  }

  /** Whether the pad's last walk should be read. */
  wantRecord(wanted: boolean): void {
    if (wanted === this.#control.record.wanted) return;
    const record = { ...this.#control.record, wanted };
    this.apply(({ control }) => ({ control: { ...control, record }, effects: [] }));
  }

  /** Applies decisions of time alone: after a suspend the timers are late. */
  look(): void {
    this.apply((context) => review(context));
  }

  /** Resolves when no write is in flight, or after `ms`: a write that is cut off then never arrives. */
  async drained(ms: number): Promise<void> {
    const all = Promise.allSettled(this.#inFlight.keys());
    await withTimeout(all, { clock: this.#clock, ms, what: "the last writes" }).catch(() => undefined);
  }

  /** Stops every timer; nothing is written any more. */
  end(): void {
    this.#ended = true;
    this.#connection = null;
    this.#cancel();
  }

  #context(now = this.#clock.now()): Context {
    return { control: this.#control, telemetry: this.#telemetry, machine: this.#machine, now };
  }

  #finish(): void {
    this.#pump();
    if (!this.#news) return;
    this.#news = false;
    this.#owner.changed(this.#decided.splice(0));
  }

  #pump(): void {
    this.#cancel();
    if (this.#ended) return;
    const now = this.#clock.now();
    // Only future times: past ones were reviewed with the change that led here.
    const moments = deadlines(this.#control).filter((deadline) => deadline > now);
    const at = Math.min(this.#writeDue(now), ...moments);
    if (at !== Infinity) this.#cancel = this.#clock.after(Math.max(1, at - now), () => this.look());
  }

  /** Writes due frames; returns when to decide again. */
  #writeDue(now: number): number {
    const busy = [...this.#inFlight.values()];
    // Stops do not queue behind each other: the next one is decided when this one has been sent.
    if (!this.#connection || busy.some(({ op }) => op === "stop" || op === "pause")) return Infinity;
    const stopsOnly = !this.#listening || busy.length > 0;
    const next = nextWrite(this.#context(now), stopsOnly);
    if ("lookAgainAt" in next) return next.lookAgainAt;
    this.#write(this.#connection, next.operation, now);
    return Infinity;
  }

  #write(connection: Connection, operation: Operation, now: number): void {
    // A poll changes nothing about the pad.
    this.#news ||= operation.op !== "poll";
    this.#control = onWriteStarted(this.#context(now), operation);
    const written = connection.write(operation, () => isStillAllowed(this.#context(), operation));
    this.#inFlight.set(written, operation);
    written.then(
      () => this.#written(connection, written),
      (thrown: unknown) => this.#failed(connection, asError(thrown)),
    );
  }

  #written(connection: Connection, written: Promise<void>): void {
    if (this.#connection !== connection) return;
    const operation = this.#inFlight.get(written);
    if (operation) this.#control = onWriteSent(this.#context(), operation);
    if (operation?.op === "poll") this.#polledAt = this.#clock.now();
    this.#inFlight.delete(written);
    this.#pump();
  }

  #failed(connection: Connection, error: Error): void {
    if (this.#connection !== connection) return;
    this.#owner.broken(
      error instanceof BridgeError ? error : new BridgeError("write-failed", error.message, { cause: error }),
    );
  }
}
