import type { Command, Outcome } from "../domain/command.js";
import { failure } from "../domain/command.js";
import type { Speed } from "../domain/units.js";
import { aimMode, aimSpeed, aimStart } from "./aim.js";
import type { Ref, StopCause } from "./goals.js";
import { type Decision, decide, type Situation } from "./intent.js";
import type { Scheduler } from "./scheduler.js";
import { askStop } from "./stop.js";
import { isMoving, showsRest } from "./telemetry.js";

/** One key of a message, and where its result goes. `respond` is called exactly once. */
export interface Asked {
  readonly command: Command;
  readonly respond: (outcome: Outcome) => void;
}

export interface DeskOwner {
  situation(stale: boolean): Situation;
  /** The user's switch for the link; its result is the owner's to give. */
  link(on: boolean, ref: Ref): void;
  /** A stop was taken, whoever asked. */
  stopping(cause: StopCause): void;
}

/** Takes commands, turns each into goals, and gives each its one result. */
export class CommandDesk {
  readonly #scheduler: Scheduler;
  readonly #owner: DeskOwner;
  readonly #startSpeed: Speed | null;
  readonly #waiting = new Map<Ref, (outcome: Outcome) => void>();
  #nextRef = 1;

  constructor(scheduler: Scheduler, owner: DeskOwner, startSpeed: Speed | null) {
    this.#scheduler = scheduler;
    this.#owner = owner;
    this.#startSpeed = startSpeed;
  }

  /** `arrived` is when the message came, on the clock; it may be earlier than now after a stall (contract rule 2). */
  submit(asked: readonly Asked[], arrived: number, stale: boolean): void {
    for (const { command, respond } of asked) {
      const ref = this.#nextRef++;
      this.#waiting.set(ref, respond);
      this.#carryOut(decide(command, this.#owner.situation(stale)), ref, arrived);
    }
  }

  /** A stop that nobody waits for: safety, the end of the program. */
  stop(cause: StopCause, refs: readonly Ref[] = [], endsSession = false): void {
    this.#owner.stopping(cause);
    const { lostMoving } = this.#owner.situation(false);
    this.#scheduler.apply((control, telemetry, now) =>
      askStop(control, telemetry, { refs, cause, endsSession, now, lostMoving }),
    );
  }

  settle(refs: readonly Ref[], outcome: Outcome): void {
    for (const ref of refs) {
      this.#waiting.get(ref)?.(outcome);
      this.#waiting.delete(ref);
    }
  }

  /** The pad is let go: whoever still waits learns that nobody watches the belt for them any more. */
  close(): void {
    this.settle(
      [...this.#waiting.keys()],
      failure("unconfirmed", "The bridge ended before this was seen done."),
    );
  }

  #carryOut(decision: Decision, ref: Ref, arrived: number): void {
    switch (decision.do) {
      case "settle":
        return this.settle([ref], decision.outcome);
      case "stop":
        return this.stop("command", [ref], decision.endsSession);
      case "start":
        return this.#start(ref, arrived, decision.speed ?? this.#startSpeed);
      case "speed":
        if (decision.start) this.#scheduler.apply((control, _, now) => aimStart(control, [], arrived, now));
        return this.#scheduler.apply((control, telemetry, now) =>
          aimSpeed(control, telemetry, [ref], decision.speed, now),
        );
      case "mode":
        if (decision.stop) this.stop("command");
        return this.#scheduler.apply((control, _, now) => aimMode(control, [ref], decision.mode, now));
      case "link":
        return this.#owner.link(decision.on, ref);
    }
  }

  /** The speed that comes with a start is set once the belt moves; a belt that moves already keeps its own. */
  #start(ref: Ref, arrived: number, speed: Speed | null): void {
    const { telemetry } = this.#scheduler;
    if (speed !== null && showsRest(telemetry) && !isMoving(telemetry))
      this.#scheduler.apply((control, t, now) => aimSpeed(control, t, [], speed, now));
    this.#scheduler.apply((control, _, now) => aimStart(control, [ref], arrived, now));
  }
}
