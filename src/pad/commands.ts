import type { Clock } from "../clock.js";
import { toStep } from "../domain/capabilities.js";
import { type CommandRequest, failure, isStop, type Outcome } from "../domain/command.js";
import { STALE_MS, TOO_OLD } from "../domain/message-age.js";
import type { Speed } from "../domain/units.js";
import { runIsolated } from "./events.js";
import type { RequestId, StopCause } from "./control/goals.js";
import { type Decision, decide, type CommandContext } from "./control/interpret.js";
import { type InclineRequest, requestIncline } from "./control/incline.js";
import { requestMode } from "./control/mode.js";
import { requestSpeed, type SpeedRequest } from "./control/speed.js";
import { requestStart } from "./control/start.js";
import type { Scheduler } from "./scheduler.js";
import { requestStop } from "./control/stop.js";
import { showsRest } from "./control/telemetry.js";

export interface PadCommandsOwner {
  situation(stale: Outcome | null): CommandContext;
  /** The user's switch for the link; the owner resolves its result. */
  turnLink(on: boolean, ref: RequestId): void;
  /** The speed to set after a start without a speed; null: the pad's own. */
  readonly startSpeed: Speed | null;
}

const OVER = failure("unconfirmed", "The bridge ended before telemetry confirmed this.");

/** Accepts commands, turns each into goals, and resolves each once. */
export class PadCommands {
  readonly #clock: Clock;
  readonly #scheduler: Scheduler;
  readonly #owner: PadCommandsOwner;
  readonly #waiting = new Map<RequestId, ((outcome: Outcome) => void)[]>();
  #nextRef = 1;
  /** The request that all stops share while one is pending: a flood of them copies no list. */
  #sharedStop: RequestId = 0;
  #closed = false;

  constructor(clock: Clock, scheduler: Scheduler, owner: PadCommandsOwner) {
    this.#clock = clock;
    this.#scheduler = scheduler;
    this.#owner = owner;
  }

  /** `arrived`: when the message arrived, on the clock; after a stall earlier than now (safety rule 2). */
  submit(asked: readonly CommandRequest[], arrived: number, stale: Outcome | null): void {
    const why = stale ?? (this.#clock.now() - arrived > STALE_MS ? TOO_OLD : null);
    this.#scheduler.together(() => {
      for (const { command, respond } of asked) {
        const shared = isStop(command) ? this.#waiting.get(this.#sharedStop) : undefined;
        if (shared) {
          shared.push(respond);
          this.stop("command", [], command.value === "stop");
          continue;
        }
        const ref = this.#nextRef++;
        this.#waiting.set(ref, [respond]);
        if (isStop(command)) this.#sharedStop = ref;
        if (this.#closed) this.resolve([ref], OVER);
        else this.#carryOut(decide(command, this.#owner.situation(why)), ref, arrived);
      }
    });
  }

  /** A stop without a result: for safety, or the end of the program. */
  stop(cause: StopCause, refs: readonly RequestId[] = [], endsSession = false): void {
    const { lostMoving } = this.#owner.situation(null);
    this.#scheduler.apply((context) => requestStop(context, { refs, cause, endsSession, lostMoving }));
  }

  resolve(refs: readonly RequestId[], outcome: Outcome): void {
    for (const ref of refs) {
      const waiting = this.#waiting.get(ref) ?? [];
      this.#waiting.delete(ref);
      for (const respond of waiting) runIsolated(() => respond(outcome));
    }
  }

  /** The link is closed: every pending request is resolved, since the belt is no longer observed. */
  close(): void {
    this.#closed = true;
    this.resolve([...this.#waiting.keys()], OVER);
  }

  #carryOut(decision: Decision, ref: RequestId, arrived: number): void {
    switch (decision.do) {
      case "settle":
        return this.resolve([ref], decision.outcome);
      case "stop":
        return this.stop("command", [ref], decision.endsSession);
      case "start":
        return this.#start(ref, arrived, decision.speed ?? this.#owner.startSpeed);
      case "speed":
        if (decision.start) this.#requestStart([], arrived);
        return this.#requestSpeed({
          refs: [ref],
          target: decision.speed,
          since: arrived,
          onlySlower: decision.onlySlower,
        });
      case "mode":
        if (decision.stop) this.stop("command");
        return this.#scheduler.apply((context) => requestMode(context, [ref], decision.mode));
      case "incline":
        return this.#requestIncline({
          refs: [ref],
          percent: decision.percent,
          range: decision.range,
          since: arrived,
        });
      case "link":
        return this.#owner.turnLink(decision.on, ref);
    }
  }

  #requestStart(refs: readonly RequestId[], since: number): void {
    this.#scheduler.apply((context) => requestStart(context, refs, since));
  }

  #requestSpeed(request: SpeedRequest): void {
    this.#scheduler.apply((context) => requestSpeed(context, request));
  }

  #requestIncline(request: InclineRequest): void {
    this.#scheduler.apply((context) => requestIncline(context, request));
  }

  /** The speed of a start is set once the belt moves; a belt that moves already keeps its own. */
  #start(ref: RequestId, arrived: number, speed: Speed | null): void {
    const { telemetry, control } = this.#scheduler;
    const { capabilities } = this.#owner.situation(null);
    const { minSpeed, maxSpeed } = capabilities;
    const allowed = speed !== null && speed >= minSpeed && speed <= maxSpeed;
    if (allowed && !control.speed && showsRest(telemetry))
      this.#requestSpeed({
        refs: [],
        target: toStep(speed, capabilities),
        since: arrived,
        onlySlower: false,
      });
    this.#requestStart([ref], arrived);
  }
}
