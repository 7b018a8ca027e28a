import type { Address, Advertisement, Link, Radio } from "../../ble/radio.js";
import type { Clock } from "../../clock.js";
import { BridgeError } from "../../domain/errors.js";
import type { PadSettings } from "../../domain/pad.js";
import type { Logger } from "../../log/log.js";
import { IdentityTracker } from "./identity.js";
import { type PadLinkFacts, type LinkFacts, NO_LINK } from "./link-facts.js";
import { NotificationHandler, type NotificationOwner } from "./receiver.js";
import type { IdentityStore } from "./identity.js";
import type { Scheduler } from "../scheduler.js";
import { runConnection } from "./run-connection.js";
import { isRecentlyRequested } from "../control/stop.js";
import type { RightOfWay } from "./right-of-way.js";
import { LinkSupervisor } from "./link-supervisor.js";

/** For writes in flight when the link is closed: a frame takes a connection event or two. */
const DRAIN_MS = 250;

export interface PadLinkDeps {
  readonly radio: Radio;
  readonly clock: Clock;
  readonly log: Logger;
  readonly memory: IdentityStore;
  readonly rightOfWay: RightOfWay;
}

export interface PadLinkOwner extends NotificationOwner {
  /** The link is wanted now; call again after `reconsider()`. */
  wanted(): boolean;
  /** See LinkOwner. */
  leftMoving(): boolean;
  /** The link is gone; `moving`: the belt was not at rest when it was last seen. */
  lost(moving: boolean): void;
}

/** The pad's link: finds the pad, connects, runs the connection, closes it. */
export class PadLink {
  readonly #settings: PadSettings;
  readonly #deps: PadLinkDeps;
  readonly #scheduler: Scheduler;
  readonly #owner: PadLinkOwner;
  readonly #supervisor: LinkSupervisor;
  readonly #identityTracker: IdentityTracker;
  readonly #notifications: NotificationHandler;
  #facts = NO_LINK;
  #joined: { readonly parts: readonly object[]; readonly facts: PadLinkFacts } | null = null;
  #drop: ((error: BridgeError) => void) | null = null;

  constructor(settings: PadSettings, deps: PadLinkDeps, scheduler: Scheduler, owner: PadLinkOwner) {
    this.#settings = settings;
    this.#deps = deps;
    this.#scheduler = scheduler;
    this.#owner = owner;
    const { clock, log, memory } = deps;
    const identityTracker = new IdentityTracker(settings, {
      log,
      memory,
      machine: (machine) => scheduler.setMachine(machine),
      changed: () => owner.changed(),
    });
    const notifications = new NotificationHandler({ clock, log, scheduler, identityTracker }, owner);
    this.#identityTracker = identityTracker;
    this.#notifications = notifications;
    this.#supervisor = new LinkSupervisor(settings, deps, {
      wanted: () => owner.wanted(),
      urgent: () =>
        notifications.facts.lostMoving || isRecentlyRequested(scheduler.control.stop, clock.now()),
      leftMoving: () => owner.leftMoving(),
      phase: (phase) => this.#set(phase === "off" ? { phase, silentLinks: 0 } : { phase }),
      onAdvertisement: (advertisement) => this.#onAdvertisement(advertisement),
      ambiguous: (addresses) => this.#isAmbiguous(addresses),
      away: () => this.#set({ silentLinks: 0 }),
      bound: () => identityTracker.bound,
      bind: (address) => identityTracker.bind(address),
      serve: (link, signal) => this.#serve(link, signal),
    });
  }

  get facts(): PadLinkFacts {
    const parts = [this.#notifications.facts, this.#facts, this.#identityTracker.identity] as const;
    const [received, own, identity] = parts;
    // None of them is ever changed, only replaced.
    if (this.#joined?.parts.every((part, index) => part === parts[index])) return this.#joined.facts;
    const facts = { ...received, ...own, counters: { ...received.counters, ...own.counters }, identity };
    this.#joined = { parts, facts };
    return facts;
  }

  /** A link is up, subscribed or about to be. */
  get linked(): boolean {
    return this.#drop !== null;
  }

  start(): void {
    this.#notifications.start();
    this.#supervisor.start();
  }

  reconsider(): void {
    this.#supervisor.reconsider();
  }

  /** Ends the present connection; the supervisor decides what follows. */
  drop(error: BridgeError): void {
    this.#drop?.(error);
  }

  /** A link without a valid status for 5 s has died silently (docs/topics.md, availability). */
  checkSilence(): void {
    if (this.#notifications.checkSilence() && this.#facts.phase === "ready")
      this.drop(new BridgeError("silent", this.#notifications.silentReason));
  }

  async end(): Promise<void> {
    await this.#supervisor.end();
    this.#notifications.end();
  }

  #set(facts: Partial<LinkFacts>): void {
    this.#facts = { ...this.#facts, ...facts };
    this.#owner.changed();
  }

  #onAdvertisement({ rssi }: Advertisement): void {
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
    let open = true;
    try {
      await runConnection(
        link,
        this.#settings,
        this.#serving(link, () => open),
        gone.signal,
      );
    } catch (thrown) {
      if (thrown instanceof BridgeError) this.#learnFrom(thrown);
      throw thrown;
    } finally {
      await this.#scheduler.drained(DRAIN_MS);
      signal.removeEventListener("abort", abort);
      open = false;
      this.#unlink();
    }
  }

  #serving(link: Link, isOpen: () => boolean): Parameters<typeof runConnection>[2] {
    return {
      clock: this.#deps.clock,
      log: this.#deps.log,
      onModel: (model) => this.#identityTracker.onConnected(model),
      onOpen: (connection) => {
        this.#identityTracker.onAccess(connection.access);
        this.#scheduler.open(connection);
      },
      onListening: () => {
        this.#notifications.onSubscribed();
        const { model } = this.#identityTracker.identity;
        this.#deps.log.info({ model, address: link.address }, "Connected to the pad");
        this.#set({ phase: "ready", notAPad: false });
        this.#scheduler.listening();
      },
      onMessage: (message, poll) => {
        // A notification may arrive until the controller has closed the link: it must not pass for one of the next link.
        if (!isOpen()) return;
        // Safety rule 7: only a status that carries a speed counts for a regained link.
        if (message.kind === "status" && message.status.speed !== undefined) this.#healthy();
        this.#notifications.onMessage(message, poll);
      },
      onRssi: (rssi) => this.#set({ rssi }),
    };
  }

  #learnFrom({ code }: BridgeError): void {
    if (code === "not-a-pad") this.#set({ notAPad: true });
    if (code === "silent" && !this.#scheduler.control.statusSeen)
      this.#set({ silentLinks: this.#facts.silentLinks + 1 });
  }

  #healthy(): void {
    this.#supervisor.healthy();
    if (this.#facts.silentLinks > 0) this.#facts = { ...this.#facts, silentLinks: 0 };
  }

  #unlink(): void {
    const moving = this.#notifications.onLinkLost();
    this.#count("losses");
    this.#drop = null;
    // A link that the bridge closes is held until it is closed; after a loss the pad is scanned for at once.
    if (this.#owner.wanted()) this.#facts = { ...this.#facts, phase: "scanning" };
    // All facts change before any listener runs: a pending shutdown must not take the pad for out of range.
    this.#scheduler.close();
    this.#owner.lost(moving);
  }

  #count(key: keyof LinkFacts["counters"]): void {
    const { counters } = this.#facts;
    this.#facts = { ...this.#facts, counters: { ...counters, [key]: counters[key] + 1 } };
  }
}
