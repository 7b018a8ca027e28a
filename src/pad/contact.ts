import type { Address, Advertisement, Link, Radio } from "../ble/radio.js";
import type { Clock } from "../clock.js";
import { asError, BridgeError } from "../domain/errors.js";
import type { PadPreferences, PadSettings } from "../domain/pad.js";
import { kmh } from "../domain/units.js";
import type { Logger } from "../log.js";
import type { Message, Model } from "../protocol/protocol.js";
import { boundAddress, identified, type Identity, type Memory } from "./identity.js";
import type { Scheduler } from "./scheduler.js";
import { serveLink } from "./serve.js";
import { type Phase, Supervisor } from "./supervisor.js";
import { type Sample, showsRest, SILENCE_MS } from "./telemetry.js";

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
  /** The link is gone; `moving`: the belt was not at rest when it was last seen. */
  lost(moving: boolean): void;
  changed(): void;
}

/** What is known of a pad's link, for `view()`. */
export interface ContactFacts {
  readonly phase: Phase;
  readonly identity: Identity;
  /** A valid status came since the start. */
  readonly seen: boolean;
  /** The belt was not at rest when the link was lost, and was not seen since. */
  readonly lostMoving: boolean;
  readonly ambiguous: boolean;
  readonly notAPad: boolean;
  readonly rssi: number | null;
  /** Epoch milliseconds. */
  readonly lastStatusAt: number | null;
  readonly counters: {
    readonly statuses: number;
    readonly badFrames: number;
    readonly connects: number;
    readonly losses: number;
  };
}

/** The pad's side of the air: finds it, serves its link, and feeds what it says to the scheduler. */
export class Contact {
  readonly #settings: PadSettings;
  readonly #deps: ContactDeps;
  readonly #scheduler: Scheduler;
  readonly #owner: ContactOwner;
  readonly #supervisor: Supervisor;
  #facts: ContactFacts;
  #model: Model | null = null;
  #drop: ((error: BridgeError) => void) | null = null;
  #heardAt = 0;

  constructor(settings: PadSettings, deps: ContactDeps, scheduler: Scheduler, owner: ContactOwner) {
    this.#settings = settings;
    this.#deps = deps;
    this.#scheduler = scheduler;
    this.#owner = owner;
    this.#facts = {
      phase: "scanning",
      identity: deps.memory.recall(settings.id),
      seen: false,
      lostMoving: false,
      ambiguous: false,
      notAPad: false,
      rssi: null,
      lastStatusAt: null,
      counters: { statuses: 0, badFrames: 0, connects: 0, losses: 0 },
    };
    this.#supervisor = new Supervisor(settings, deps, {
      wanted: () => owner.wanted(),
      urgent: () => this.#facts.lostMoving,
      phase: (phase) => this.#set({ phase }),
      heard: (advertisement) => this.#heard(advertisement),
      ambiguous: (addresses) => this.#isAmbiguous(addresses),
      bound: () => boundAddress(this.#facts.identity, settings),
      bind: (address) => this.#bind(address),
      serve: (link, signal) => this.#serve(link, signal),
    });
  }

  get facts(): ContactFacts {
    return this.#facts;
  }

  /** A link is up, subscribed or about to be. */
  get linked(): boolean {
    return this.#drop !== null;
  }

  start(): void {
    this.#supervisor.start();
  }

  reconsider(): void {
    this.#supervisor.reconsider();
  }

  /** Ends the present connection; the supervisor decides what comes next. */
  drop(error: BridgeError): void {
    this.#drop?.(error);
  }

  /** A link that carries no valid status for 5 s has died silently (contract 3, availability). */
  checkSilence(): void {
    if (this.#drop && this.#facts.phase === "ready" && this.#deps.clock.now() - this.#heardAt > SILENCE_MS)
      this.drop(
        new BridgeError("silent", "The pad is connected but has said nothing valid for 5 s; reconnecting."),
      );
  }

  async end(): Promise<void> {
    await this.#supervisor.end();
  }

  #set(facts: Partial<ContactFacts>): void {
    this.#facts = { ...this.#facts, ...facts };
    this.#owner.changed();
  }

  #heard({ rssi }: Advertisement): void {
    this.#set({ rssi: rssi ?? this.#facts.rssi, ambiguous: false });
  }

  #isAmbiguous(addresses: readonly Address[]): void {
    if (!this.#facts.ambiguous)
      this.#deps.log.warn(
        { addresses },
        `Several devices advertise "${this.#settings.advertisedName ?? ""}"; none is connected, one could be a ` +
          "neighbour's. Give this pad its `address` in the config: `walkingpad2mqtt scan` lists them.",
      );
    this.#set({ ambiguous: true });
  }

  #bind(address: Address): void {
    const name = this.#settings.advertisedName?.toLowerCase();
    if (name === undefined) return;
    this.#deps.log.info({ address }, `"${name}" is ${address} from now on`);
    this.#remember({ ...this.#facts.identity, bound: { name, address } });
  }

  #remember(identity: Identity): void {
    this.#deps.memory.keep(this.#settings.id, identity);
    this.#set({ identity });
  }

  async #serve(link: Link, signal: AbortSignal): Promise<void> {
    const gone = new AbortController();
    const abort = (): void => gone.abort(new BridgeError("aborted", "The link is not wanted any more."));
    signal.addEventListener("abort", abort, { once: true });
    this.#drop = (error) => gone.abort(error);
    this.#count("connects");
    try {
      await serveLink(link, this.#settings, this.#serving(), gone.signal);
    } catch (thrown) {
      if (thrown instanceof BridgeError && thrown.code === "not-a-pad") this.#set({ notAPad: true });
      throw asError(thrown);
    } finally {
      signal.removeEventListener("abort", abort);
      this.#drop = null;
      this.#unlink();
    }
  }

  #serving(): Parameters<typeof serveLink>[2] {
    return {
      clock: this.#deps.clock,
      onModel: (model) => this.#meet(model),
      onOpen: (connection) => {
        this.#heardAt = this.#deps.clock.now();
        this.#deps.log.info({ model: this.#model?.name, address: connection.link.address }, "connected");
        this.#set({ phase: "ready", notAPad: false });
        this.#scheduler.open(connection);
      },
      onMessage: (message, poll) => this.#hear(message, poll),
      onRssi: (rssi) => this.#set({ rssi }),
    };
  }

  #meet(model: Model): void {
    this.#model = model;
    const same = this.#facts.identity.model === model.name ? this.#facts.identity.capabilities : null;
    const identity = identified(this.#facts.identity, model, null, this.#settings);
    this.#remember({ ...identity, capabilities: same ?? identity.capabilities });
    this.#tellMachine();
  }

  #tellMachine(): void {
    const { capabilities } = this.#facts.identity;
    if (this.#model && capabilities) this.#scheduler.setMachine({ quirks: this.#model.quirks, capabilities });
  }

  #hear(message: Message, poll: number | null): void {
    switch (message.kind) {
      case "status":
        return this.#hearStatus({ status: message.status, at: this.#deps.clock.now(), poll });
      case "preferences":
        return this.#hearPreferences(message.preferences);
      case "bad":
        this.#deps.log.debug({ reason: message.reason }, "a notification was not valid and was dropped");
        return this.#count("badFrames");
      case "record":
      case "other":
        return;
    }
  }

  #hearStatus(sample: Sample): void {
    const restored = this.#facts.lostMoving;
    this.#heardAt = sample.at;
    this.#facts = { ...this.#facts, seen: true, lostMoving: false, lastStatusAt: this.#deps.clock.wall() };
    this.#scheduler.see(sample);
    this.#count("statuses");
    this.#owner.status(sample, restored);
  }

  #hearPreferences(preferences: PadPreferences): void {
    if (!this.#model) return;
    const was = this.#facts.identity.capabilities?.imperial ?? false;
    this.#remember(identified(this.#facts.identity, this.#model, preferences, this.#settings));
    this.#tellMachine();
    this.#scheduler.preferencesKnown();
    const { capabilities } = this.#facts.identity;
    if (preferences.imperial && !was && capabilities)
      this.#deps.log.warn(
        { maxSpeed: kmh(capabilities.maxSpeed) },
        `The pad is set to miles. Its numbers are taken as km/h but capped at ${kmh(capabilities.maxSpeed)}, as if they ` +
          "were mph. Set the pad to kilometres in its app.",
      );
  }

  #unlink(): void {
    const { control, telemetry } = this.#scheduler;
    const moving = control.greeted
      ? telemetry.last !== null && !showsRest(telemetry)
      : this.#facts.lostMoving;
    const news = moving && control.greeted;
    this.#count("losses");
    this.#set({ lostMoving: moving, phase: this.#owner.wanted() ? "scanning" : "off" });
    this.#scheduler.close();
    this.#owner.lost(news);
  }

  #count(key: keyof ContactFacts["counters"]): void {
    const { counters } = this.#facts;
    this.#facts = { ...this.#facts, counters: { ...counters, [key]: counters[key] + 1 } };
  }
}
