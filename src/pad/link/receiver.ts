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
  /** A valid status arrived and the goals are updated; `restored`: the first since the belt moved unobserved. */
  status(sample: Sample, restored: boolean): void;
  /** The machine reported an event; the goals are updated. */
  event(event: MachineEvent): void;
  /** The pad's record of its last walk, when it was read. */
  record(record: PadRecord): void;
  changed(): void;
}

/** Milliseconds; the first data arrived within 1 s wherever a source gives a time. */
const NO_DATA_MS = 10_000;
/** Chosen: an answer comes within a few connection events. */
const ANSWER_MS = 1_000;

/**
 * Handles the messages of a connected pad: updates the goals through the scheduler, and the facts for everything else.
 */
export class NotificationHandler {
  readonly #deps: NotificationDeps;
  readonly #owner: NotificationOwner;
  #facts = NOTHING_RECEIVED;
  #receivedAt = 0;
  #checkedAt = 0;
  /** When the first poll was sent that nothing valid has followed. */
  #askedAt = 0;
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

  /** The link is subscribed: its silence is counted from now. */
  onSubscribed(): void {
    this.#receivedAt = this.#deps.clock.now();
    this.#noDataSince = this.#receivedAt;
  }

  /** Why a link is made again when `checkSilence` is true. */
  get silentReason(): string {
    return silentReason(this.#unlock);
  }

  get #unlock(): Unlock {
    if (!this.#deps.identityTracker.unlocks) return "not-required";
    return this.#unlocked ? "accepted" : "requested";
  }

  /**
   * Whether nothing valid arrived for 5 s. To be called continuously, since a gap in this process is not a silence of
   * the pad: a link that is closed for it would be missing for the stop that waits in the socket.
   */
  checkSilence(): boolean {
    const now = this.#deps.clock.now();
    if (now - this.#checkedAt > STALL_MS) this.#receivedAt = now;
    this.#checkedAt = now;
    if (this.#askedAt <= this.#receivedAt) this.#askedAt = this.#deps.scheduler.polledAt ?? 0;
    return now - this.#receivedAt > SILENCE_MS && this.#isUnanswered(now);
  }

  /**
   * On a slow link a stop or a poll of several frames takes longer than 5 s, and a pad that was not polled has nothing to
   * answer: a link that is closed for it would be missing for that very stop.
   */
  #isUnanswered(now: number): boolean {
    const { polledAt } = this.#deps.scheduler;
    return polledAt === null || (this.#askedAt > this.#receivedAt && now - this.#askedAt >= ANSWER_MS);
  }

  onMessage(message: DecodedMessage, poll: number | null): void {
    const { identityTracker, clock, log, scheduler } = this.#deps;
    // Before the handshake is done, any line of the pad is a sign of life.
    if (scheduler.control.access !== "full") this.#receivedAt = clock.now();
    switch (message.kind) {
      case "status":
        return this.#onStatus(this.#sample(message.status, poll));
      case "preferences":
        if (identityTracker.onPreferences(message.preferences)) scheduler.rescaled();
        return scheduler.preferencesKnown();
      case "alive":
        return this.#onSignOfLife();
      case "answer":
        scheduler.answer(message.answer);
        return this.#learn({});
      case "event":
        return this.#onEvent(message.event);
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
        log.debug({ reason: message.reason }, "Invalid notification dropped");
        return this.#count("badFrames");
      case "record":
        return this.#owner.record(message.record);
      case "other":
        return;
    }
  }

  /**
   * The link is gone. Returns whether the belt was not at rest when it was last seen on it. Notifies no listener yet.
   */
  onLinkLost(): boolean {
    const { control, telemetry } = this.#deps.scheduler;
    const moving = control.statusSeen && mayMove(control, telemetry);
    // Without a status on this link, the state at the end of the last one still applies.
    const lostMoving = control.statusSeen ? moving : this.#facts.lostMoving;
    this.#facts = { ...this.#facts, lostMoving, ...NO_FAULT, aliveAt: null };
    this.#unlocked = false;
    return moving;
  }

  /** After a gap in this process a received message may be as old as the gap (safety rule 2). */
  get #arrived(): number {
    const { clock, scheduler } = this.#deps;
    return Math.max(this.#stalls?.arrived() ?? clock.now(), scheduler.telemetry.last?.at ?? 0);
  }

  /** A notification without a poll is as old as its arrival, not as its reading. */
  #sample(status: PadStatus, poll: number | null): Sample {
    const at = this.#arrived;
    return { status, at, poll: poll === null ? null : Math.min(poll, at) };
  }

  #onStatus(sample: Sample): void {
    const { clock, scheduler } = this.#deps;
    const restored = this.#facts.lostMoving;
    // Safety rule 7: only a status that carries a speed counts.
    if (sample.status.speed === undefined) return;
    this.#receivedAt = clock.now();
    this.#noDataSince = null;
    this.#facts = afterStatus(this.#facts, sample.status, clock.wall());
    this.#count("statuses");
    scheduler.together(() => {
      scheduler.see(sample);
      this.#owner.status(sample, restored);
    });
    // A machine that leaves a permission request unanswered has granted it as soon as something is written.
    if (this.#controlLost !== this.#facts.controlLost) this.#learn({});
  }

  /** Safety rule 7: for a machine that sends nothing at rest, a read value is a sign of life. */
  #onSignOfLife(): void {
    const { control, telemetry } = this.#deps.scheduler;
    // A machine that ran when it was last seen must notify: the subscription may not have been accepted.
    const speaks = this.#facts.lostMoving && isRunning(telemetry);
    if (control.statusSeen ? !showsRest(telemetry) : speaks) return;
    this.#receivedAt = this.#deps.clock.now();
    this.#facts = { ...this.#facts, aliveAt: this.#receivedAt };
    const since = this.#facts.panelStandby ? null : this.#noDataSince;
    if (since !== null && this.#receivedAt - since >= NO_DATA_MS) {
      this.#noDataSince = null;
      logNoData(this.#deps.log, this.#unlock);
    }
    this.#owner.changed();
  }

  #onEvent(event: MachineEvent): void {
    this.#deps.scheduler.event(event);
    this.#owner.event(event);
    this.#learn(afterEvent(event));
  }

  get #controlLost(): boolean {
    return controlLost(this.#facts.controlLost, this.#deps.scheduler.control);
  }

  #learn(changed: Partial<MachineFacts>): void {
    const before = this.#facts;
    this.#facts = { ...before, controlLost: this.#controlLost, ...changed };
    logChange(before, this.#facts, this.#deps.log);
    this.#owner.changed();
  }

  #count(key: keyof ReceivedFacts["counters"]): void {
    const { counters } = this.#facts;
    this.#facts = { ...this.#facts, counters: { ...counters, [key]: counters[key] + 1 } };
  }
}
