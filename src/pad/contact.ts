import type { Address, Advertisement, Link, Radio } from "../ble/radio.js";
import { type Clock, STALL_MS, type StallWatch, watchStalls } from "../clock.js";
import { BridgeError } from "../domain/errors.js";
import type { PadRecord, PadSettings, PadStatus } from "../domain/pad.js";
import type { Logger } from "../log.js";
import type { Heard } from "../protocol/conversation.js";
import type { MachineEvent } from "../protocol/ftms-machine.js";
import { Acquaintance } from "./acquaintance.js";
import {
  afterEvent,
  afterStatus,
  type ContactFacts,
  logChange,
  type MachineFacts,
  NO_COMPLAINT,
  NO_FACTS,
} from "./contact-facts.js";
import type { Memory } from "./identity.js";
import { controlLost } from "./permission.js";
import type { Scheduler } from "./scheduler.js";
import { serveLink } from "./serve.js";
import { isUrgent, mayMove } from "./stop.js";
import { Supervisor } from "./supervisor.js";
import { isRunning, type Sample, showsRest, SILENCE_MS } from "./telemetry.js";
import { wiretap } from "./wiretap.js";

/** For what is on its way to the pad when its link is let go: a frame takes a connection event or two. */
const DRAIN_MS = 250;

export interface ContactDeps {
  readonly radio: Radio;
  readonly clock: Clock;
  readonly log: Logger;
  readonly memory: Memory;
}

export interface ContactOwner {
  /** The link is wanted now; ask again after `reconsider()`. */
  wanted(): boolean;
  /** A valid status came and the goals have seen it; `restored`: the first since the belt moved out of sight. */
  status(sample: Sample, restored: boolean): void;
  /** The machine told of something that it did; the goals have seen it. */
  event(event: MachineEvent): void;
  /** What the pad says of its last walk, when it was asked. */
  record(record: PadRecord): void;
  /** The link is gone; `moving`: the belt was not at rest when it was last seen. */
  lost(moving: boolean): void;
  changed(): void;
}

/** The pad's side of the air: finds it, serves its link, and feeds what it says to the scheduler. */
export class Contact {
  readonly #settings: PadSettings;
  readonly #deps: ContactDeps;
  readonly #scheduler: Scheduler;
  readonly #owner: ContactOwner;
  readonly #supervisor: Supervisor;
  readonly #acquaintance: Acquaintance;
  #facts = NO_FACTS;
  #drop: ((error: BridgeError) => void) | null = null;
  #heardAt = 0;
  #checkedAt = 0;
  #stalls: StallWatch | null = null;

  constructor(settings: PadSettings, deps: ContactDeps, scheduler: Scheduler, owner: ContactOwner) {
    this.#settings = settings;
    this.#deps = deps;
    this.#scheduler = scheduler;
    this.#owner = owner;
    const { log, memory } = deps;
    const acquaintance = new Acquaintance(settings, {
      log,
      memory,
      machine: (machine) => scheduler.setMachine(machine),
      changed: () => owner.changed(),
    });
    this.#acquaintance = acquaintance;
    this.#supervisor = new Supervisor(settings, deps, {
      wanted: () => owner.wanted(),
      urgent: () => this.#facts.lostMoving || isUrgent(scheduler.control.stop, deps.clock.now()),
      phase: (phase) => this.#set({ phase }),
      heard: (advertisement) => this.#heard(advertisement),
      ambiguous: (addresses) => this.#isAmbiguous(addresses),
      bound: () => acquaintance.bound,
      bind: (address) => acquaintance.bind(address),
      serve: (link, signal) => this.#serve(link, signal),
    });
  }

  get facts(): ContactFacts {
    return { ...this.#facts, identity: this.#acquaintance.identity };
  }

  /** A link is up, subscribed or about to be. */
  get linked(): boolean {
    return this.#drop !== null;
  }

  start(): void {
    this.#stalls = watchStalls(this.#deps.clock);
    this.#supervisor.start();
  }

  reconsider(): void {
    this.#supervisor.reconsider();
  }

  /** Ends the present connection; the supervisor decides what comes next. */
  drop(error: BridgeError): void {
    this.#drop?.(error);
  }

  /**
   * A link that carries no valid status for 5 s has died silently (contract 3, availability). A gap in our own life is no
   * silence of the pad's: a link that is let go for it is missed by the stop that waits in the socket.
   */
  checkSilence(): void {
    const now = this.#deps.clock.now();
    if (now - this.#checkedAt > STALL_MS) this.#heardAt = now;
    this.#checkedAt = now;
    if (this.#facts.phase === "ready" && now - this.#heardAt > SILENCE_MS)
      this.drop(
        new BridgeError("silent", "The pad is connected but has said nothing valid for 5 s; reconnecting."),
      );
  }

  async end(): Promise<void> {
    await this.#supervisor.end();
    this.#stalls?.end();
  }

  #set(facts: Partial<typeof NO_FACTS>): void {
    this.#facts = { ...this.#facts, ...facts };
    this.#owner.changed();
  }

  #heard({ rssi }: Advertisement): void {
    this.#set({ rssi: rssi ?? this.#facts.rssi, ambiguous: false });
  }

  #isAmbiguous(addresses: readonly Address[]): void {
    if (this.#facts.ambiguous) return;
    this.#deps.log.warn(
      { addresses },
      `Several devices advertise "${this.#settings.advertisedName ?? ""}"; none is connected, one could be a ` +
        "neighbour's. Give this pad its `address` in the config: `walkingpad2mqtt scan` lists them.",
    );
    this.#set({ ambiguous: true });
  }

  async #serve(link: Link, signal: AbortSignal): Promise<void> {
    const gone = new AbortController();
    const abort = (): void => gone.abort(new BridgeError("aborted", "The link is not wanted any more."));
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    this.#drop = (error) => gone.abort(error);
    this.#count("connects");
    try {
      await serveLink(wiretap(link, this.#deps.log), this.#settings, this.#serving(link), gone.signal);
    } catch (thrown) {
      if (thrown instanceof BridgeError && thrown.code === "not-a-pad") this.#set({ notAPad: true });
      throw thrown;
    } finally {
      await this.#scheduler.drained(DRAIN_MS);
      signal.removeEventListener("abort", abort);
      this.#unlink();
    }
  }

  #serving(link: Link): Parameters<typeof serveLink>[2] {
    return {
      clock: this.#deps.clock,
      onModel: (model) => this.#acquaintance.meet(model),
      onOpen: (connection) => this.#scheduler.open(connection),
      onListening: () => {
        this.#heardAt = this.#deps.clock.now();
        const { model } = this.#acquaintance.identity;
        this.#deps.log.info({ model, address: link.address }, "connected");
        this.#set({ phase: "ready", notAPad: false });
        this.#scheduler.listening();
      },
      onHeard: (heard, poll) => this.#hear(heard, poll),
      onRssi: (rssi) => this.#set({ rssi }),
    };
  }

  #hear(message: Heard, poll: number | null): void {
    switch (message.kind) {
      case "status":
        return this.#hearStatus(this.#sample(message.status, poll));
      case "preferences":
        if (this.#acquaintance.hear(message.preferences)) this.#scheduler.rescaled();
        return this.#scheduler.preferencesKnown();
      case "alive":
        return this.#hearLife();
      case "answer":
        this.#scheduler.answer(message.answer);
        return this.#learn({});
      case "event":
        return this.#hearEvent(message.event);
      case "fault":
        return this.#learn({ fault: message.record });
      case "bad":
        this.#deps.log.debug({ reason: message.reason }, "a notification was not valid and was dropped");
        return this.#count("badFrames");
      case "record":
        return this.#owner.record(message.record);
      case "other":
        return;
    }
  }

  /** After a gap in our own life what is heard may be as old as the gap (contract rule 2). */
  get #arrived(): number {
    const { last } = this.#scheduler.telemetry;
    return Math.max(this.#stalls?.arrived() ?? this.#deps.clock.now(), last?.at ?? 0);
  }

  /** What a machine says by itself is as old as it arrived, not as it was read. */
  #sample(status: PadStatus, poll: number | null): Sample {
    const at = this.#arrived;
    return { status, at, poll: poll === null ? null : Math.min(poll, at) };
  }

  /** Contract rule 7: of a machine at rest that says nothing, a value that can be read is a sign of life. */
  #hearLife(): void {
    const { control, telemetry } = this.#scheduler;
    // Of one that ran when it was last seen silence is what it is: the subscription may not have been taken.
    const speaks = this.#facts.lostMoving && isRunning(telemetry);
    if (control.greeted ? !showsRest(telemetry) : speaks) return;
    this.#heardAt = this.#deps.clock.now();
    this.#set({ aliveAt: this.#heardAt });
  }

  #hearEvent(event: MachineEvent): void {
    this.#scheduler.event(event);
    this.#owner.event(event);
    this.#learn(afterEvent(event));
  }

  get #controlLost(): boolean {
    return controlLost(this.#facts.controlLost, this.#scheduler.control);
  }

  #learn(said: Partial<MachineFacts>): void {
    const before = this.#facts;
    this.#facts = { ...before, controlLost: this.#controlLost, ...said };
    logChange(before, this.#facts, this.#deps.log);
    this.#owner.changed();
  }

  #hearStatus(sample: Sample): void {
    const restored = this.#facts.lostMoving;
    this.#heardAt = this.#deps.clock.now();
    this.#facts = afterStatus(this.#facts, sample.status, this.#deps.clock.wall());
    this.#count("statuses");
    this.#supervisor.healthy();
    this.#scheduler.together(() => {
      this.#scheduler.see(sample);
      this.#owner.status(sample, restored);
    });
    // A machine that leaves a request for permission unanswered has granted it as soon as something is written.
    if (this.#controlLost !== this.#facts.controlLost) this.#learn({});
  }

  #unlink(): void {
    const { control, telemetry } = this.#scheduler;
    // Without a status on this link, what was true when the last one went is all that is known.
    const news = control.greeted && mayMove(control, telemetry);
    const lostMoving = control.greeted ? news : this.#facts.lostMoving;
    this.#count("losses");
    this.#drop = null;
    this.#facts = { ...this.#facts, lostMoving, ...NO_COMPLAINT, aliveAt: null };
    // A link that we let go of is held until it is closed; a lost one is waited for at once.
    if (this.#owner.wanted()) this.#facts = { ...this.#facts, phase: "scanning" };
    // All of it is true before anybody hears of any of it: an exit that waits must not take the pad for out of reach.
    this.#scheduler.close();
    this.#owner.lost(news);
  }

  #count(key: keyof ContactFacts["counters"]): void {
    const { counters } = this.#facts;
    this.#facts = { ...this.#facts, counters: { ...counters, [key]: counters[key] + 1 } };
  }
}
