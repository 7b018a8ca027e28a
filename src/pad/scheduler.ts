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
  /** The goals or what is known have changed, or this was decided. What was due is written by then: a stop waits for nothing. */
  changed(effects: readonly Effect[]): void;
  /** The connection did not take a write: it is of no use any more. */
  broken(error: BridgeError): void;
}

/**
 * Runs the goals of `control.ts` against one connection at a time: one write in flight, the next when it settled; a
 * stop alone passes a write that has not. All decisions are made there, purely; this is the hand that writes and the
 * clock that looks again.
 */
export class Scheduler {
  readonly #clock: Clock;
  readonly #owner: SchedulerOwner;
  #control: Control = noControl;
  #telemetry: Telemetry = noTelemetry;
  #machine: Machine = UNKNOWN_MACHINE;
  #connection: Connection | null = null;
  /** The connection answers: anything may be written to it, not only a stop. */
  #listening = false;
  readonly #inFlight = new Map<Promise<void>, Operation>();
  #decided: Effect[] = [];
  /** Something that others see has changed since they were told. */
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

  /** Runs `work`; what it makes due is written once, at its end, the most urgent first. Then the owner hears of it. */
  together(work: () => void): void {
    this.#nesting += 1;
    try {
      work();
    } finally {
      this.#nesting -= 1;
      if (this.#nesting === 0) this.#finish();
    }
  }

  /** Changes the goals; whatever is due is written before anybody hears of it. */
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

  /** An earlier run ended without having seen the belt at rest (contract rule 9); `bars`: nothing is started before. */
  leftMoving(bars: boolean): void {
    this.#control = { ...this.#control, stopConfirmed: false, haltedBy: "crash", leftMoving: bars };
  }

  /** A connection takes a stop, and nothing else before it listens. */
  open(connection: Connection): void {
    this.#connection = connection;
    this.#inFlight.clear();
    const { access } = connection;
    this.apply((context) => ({ control: { ...onStopLinkUp(context), access }, effects: [] }));
  }

  /** The open connection hands on what the pad says. */
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

  /** What may be written became known, or changed. */
  access(access: Access): void {
    this.apply(({ control }) => accessChanged(control, access));
  }

  /** The pad said what becomes of a start. */
  startJudged(verdict: StartVerdict): void {
    this.apply(({ control, machine }) => startJudged(control, verdict, machine.quirks));
  }

  /** The machine told of something that it did. */
  event(event: MachineEvent): void {
    this.#news = true;
    this.#telemetry = afterEvent(this.#telemetry, this.#control, event, this.#clock.now());
    this.apply((context) => onEvent(context, event));
  }

  /** The machine turned out to read speeds in other units: a speed under way is written anew, and given its time. */
  rescaled(): void {
    this.apply((context) => ({ control: rescaleSpeed(context), effects: [] }));
  }

  preferencesKnown(): void {
    const preferences = { ...this.#control.preferences, known: true };
    this.apply(({ control }) => ({ control: { ...control, preferences }, effects: [] }));
  }

  /** Whether the pad's last walk is worth asking for. */
  wantRecord(wanted: boolean): void {
    if (wanted === this.#control.record.wanted) return;
    const record = { ...this.#control.record, wanted };
    this.apply(({ control }) => ({ control: { ...control, record }, effects: [] }));
  }

  /** Settles what time alone has decided: after a suspend the timers are late. */
  look(): void {
    this.apply((context) => review(context));
  }

  /** Resolves when nothing is on its way to the pad, or after `ms`: what is cut off here never gets there. */
  async drained(ms: number): Promise<void> {
    const all = Promise.allSettled(this.#inFlight.keys());
    await withTimeout(all, { clock: this.#clock, ms, what: "the last writes" }).catch(() => undefined);
  }

  /** No timer stays behind, nothing is written any more. */
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
    // Only moments to come: one that has passed was reviewed with the change that led here.
    const moments = deadlines(this.#control).filter((deadline) => deadline > now);
    const at = Math.min(this.#writeDue(now), ...moments);
    if (at !== Infinity) this.#cancel = this.#clock.after(Math.max(1, at - now), () => this.look());
  }

  /** Writes what is due; returns when to look again. */
  #writeDue(now: number): number {
    const busy = [...this.#inFlight.values()];
    // Stops do not queue behind each other: the next one is decided when this one is out.
    if (!this.#connection || busy.some(({ op }) => op === "stop" || op === "pause")) return Infinity;
    const stopsOnly = !this.#listening || busy.length > 0;
    const next = nextWrite(this.#context(now), stopsOnly);
    if ("lookAgainAt" in next) return next.lookAgainAt;
    this.#write(this.#connection, next.operation, now);
    return Infinity;
  }

  #write(connection: Connection, operation: Operation, now: number): void {
    // That a pad is asked how it is changes nothing about it.
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
