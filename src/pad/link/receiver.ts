import { type Clock, STALL_MS, type StallWatch, watchStalls } from "../../clock.js";
import type { PadRecord, PadStatus } from "../../domain/pad.js";
import type { Logger } from "../../log/log.js";
import type { DecodedMessage } from "../../protocol/session.js";
import type { MachineEvent } from "../../protocol/ftms/machine-status.js";
import type { IdentityTracker } from "./identity.js";
import { logNoData, logUnlocked, silentReason, type Unlock } from "./unlock.js";
import {
  afterEvent,
  afterStatus,
  type ReceivedFacts,
  logChange,
  type MachineFacts,
  NO_FAULT,
  NOTHING_RECEIVED,
} from "./link-facts.js";
import { controlLost } from "../control/goals.js";
import type { Scheduler } from "../scheduler.js";
import { mayMove } from "../control/stop.js";
import { isRunning, type Sample, showsRest, SILENCE_MS } from "../control/telemetry.js";

export interface NotificationDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly scheduler: Scheduler;
  readonly identityTracker: IdentityTracker;
}

export interface NotificationOwner {
  /** A valid status came and the goals have seen it; `restored`: the first since the belt moved out of sight. */
  status(sample: Sample, restored: boolean): void;
  /** The machine told of something that it did; the goals have seen it. */
  event(event: MachineEvent): void;
  /** What the pad says of its last walk, when it was asked. */
  record(record: PadRecord): void;
  changed(): void;
}

/** Milliseconds; the first data came within 1 s wherever a source gives a time. */
const NO_DATA_MS = 10_000;

/** Hears what a connected pad says: the goals learn it by the scheduler, everybody else by the facts. */
export class NotificationHandler {
  readonly #deps: NotificationDeps;
  readonly #owner: NotificationOwner;
  #facts = NOTHING_RECEIVED;
  #heardAt = 0;
  #checkedAt = 0;
  #unlocked = false;
  /** Since when the pad on this link answers reads and sends no data; null: it does not, or that was logged. */
  #noDataSince: number | null = null;
  #stalls: StallWatch | null = null;

  constructor(deps: NotificationDeps, owner: NotificationOwner) {
    this.#deps = deps;
    this.#owner = owner;
  }

  get facts(): ReceivedFacts {
    return this.#facts;
  }

  start(): void {
    this.#stalls = watchStalls(this.#deps.clock);
  }

  end(): void {
    this.#stalls?.end();
  }

  /** A link begins to be listened to: it has been silent for no time yet. */
  onSubscribed(): void {
    this.#heardAt = this.#deps.clock.now();
    this.#noDataSince = this.#heardAt;
  }

  /** Why a link on which `checkSilence` is true is made anew. */
  get silentReason(): string {
    return silentReason(this.#unlock);
  }

  get #unlock(): Unlock {
    if (!this.#deps.identityTracker.unlocks) return "not-required";
    return this.#unlocked ? "accepted" : "requested";
  }

  /**
   * Whether nothing valid was heard for 5 s; to be asked all the time, since a gap in our own life is no silence of the
   * pad's: a link that is let go for it is missed by the stop that waits in the socket.
   */
  checkSilence(): boolean {
    const now = this.#deps.clock.now();
    if (now - this.#checkedAt > STALL_MS) this.#heardAt = now;
    this.#checkedAt = now;
    return now - this.#heardAt > SILENCE_MS;
  }

  onMessage(message: DecodedMessage, poll: number | null): void {
    const { identityTracker, clock, log, scheduler } = this.#deps;
    // Before its handshake is done, that a pad speaks is all there is to learn of it.
    if (scheduler.control.access !== "full") this.#heardAt = clock.now();
    switch (message.kind) {
      case "status":
        return this.#hearStatus(this.#sample(message.status, poll));
      case "preferences":
        if (identityTracker.onPreferences(message.preferences)) scheduler.rescaled();
        return scheduler.preferencesKnown();
      case "alive":
        return this.#hearLife();
      case "answer":
        scheduler.answer(message.answer);
        return this.#learn({});
      case "event":
        return this.#hearEvent(message.event);
      case "access":
        scheduler.access(message.access);
        identityTracker.onAccess(message.access);
        return this.#learn({ unknownVariant: message.access === "none" });
      case "start":
        return scheduler.startJudged(message.verdict);
      case "panel-standby":
        return this.#learn({ panelStandby: message.asleep });
      case "fault":
        return this.#learn({ fault: message.record });
      case "unlocked":
        if (!this.#unlocked) logUnlocked(log);
        this.#unlocked = true;
        return;
      case "bad":
        log.debug({ reason: message.reason }, "a notification was not valid and was dropped");
        return this.#count("badFrames");
      case "record":
        return this.#owner.record(message.record);
      case "other":
        return;
    }
  }

  /** The link is gone. Returns whether the belt was not at rest when it was last seen on it. Tells nobody yet. */
  onLinkLost(): boolean {
    const { control, telemetry } = this.#deps.scheduler;
    const moving = control.statusSeen && mayMove(control, telemetry);
    // Without a status on this link, what was true when the last one went is all that is known.
    const lostMoving = control.statusSeen ? moving : this.#facts.lostMoving;
    this.#facts = { ...this.#facts, lostMoving, ...NO_FAULT, aliveAt: null };
    this.#unlocked = false;
    return moving;
  }

  /** After a gap in our own life what is heard may be as old as the gap (contract rule 2). */
  get #arrived(): number {
    const { clock, scheduler } = this.#deps;
    return Math.max(this.#stalls?.arrived() ?? clock.now(), scheduler.telemetry.last?.at ?? 0);
  }

  /** What a machine says by itself is as old as it arrived, not as it was read. */
  #sample(status: PadStatus, poll: number | null): Sample {
    const at = this.#arrived;
    return { status, at, poll: poll === null ? null : Math.min(poll, at) };
  }

  #hearStatus(sample: Sample): void {
    const { clock, scheduler } = this.#deps;
    const restored = this.#facts.lostMoving;
    // Contract rule 7: only a status that carries a speed says anything.
    if (sample.status.speed === undefined) return;
    this.#heardAt = clock.now();
    this.#noDataSince = null;
    this.#facts = afterStatus(this.#facts, sample.status, clock.wall());
    this.#count("statuses");
    scheduler.together(() => {
      scheduler.see(sample);
      this.#owner.status(sample, restored);
    });
    // A machine that leaves a request for permission unanswered has granted it as soon as something is written.
    if (this.#controlLost !== this.#facts.controlLost) this.#learn({});
  }

  /** Contract rule 7: of a machine at rest that says nothing, a value that can be read is a sign of life. */
  #hearLife(): void {
    const { control, telemetry } = this.#deps.scheduler;
    // Of one that ran when it was last seen silence is what it is: the subscription may not have been taken.
    const speaks = this.#facts.lostMoving && isRunning(telemetry);
    if (control.statusSeen ? !showsRest(telemetry) : speaks) return;
    this.#heardAt = this.#deps.clock.now();
    this.#facts = { ...this.#facts, aliveAt: this.#heardAt };
    const since = this.#facts.panelStandby ? null : this.#noDataSince;
    if (since !== null && this.#heardAt - since >= NO_DATA_MS) {
      this.#noDataSince = null;
      logNoData(this.#deps.log, this.#unlock);
    }
    this.#owner.changed();
  }

  #hearEvent(event: MachineEvent): void {
    this.#deps.scheduler.event(event);
    this.#owner.event(event);
    this.#learn(afterEvent(event));
  }

  get #controlLost(): boolean {
    return controlLost(this.#facts.controlLost, this.#deps.scheduler.control);
  }

  #learn(said: Partial<MachineFacts>): void {
    const before = this.#facts;
    this.#facts = { ...before, controlLost: this.#controlLost, ...said };
    logChange(before, this.#facts, this.#deps.log);
    this.#owner.changed();
  }

  #count(key: keyof ReceivedFacts["counters"]): void {
    const { counters } = this.#facts;
    this.#facts = { ...this.#facts, counters: { ...counters, [key]: counters[key] + 1 } };
  }
}
