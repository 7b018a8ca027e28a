import type { Address, Advertisement, Link, Radio } from "../../ble/radio.js";
import { withTimeout } from "../../ble/deadline.js";
import { type Clock, sleep } from "../../clock.js";
import { asError, BridgeError } from "../../domain/errors.js";
import type { PadSettings } from "../../domain/pad.js";
import type { Phase } from "../../domain/state.js";
import type { Logger } from "../../log/log.js";
import { findPad } from "./finder.js";
import { aborted, type RightOfWay } from "./right-of-way.js";

/**
 * Seconds before the next connect, by the number of failures in a row. After an abrupt end KingSmith firmware refuses
 * connections for tens of seconds (wire-facts b.7 no. 5, the source of this schedule), so faster attempts gain nothing.
 */
const SCHEDULE = [0, 2, 5, 10, 15, 30] as const;
/** While a belt moves without a link, a short interval has priority. */
const URGENT_MS = 1_000;

/** Milliseconds until the next attempt, after `failures` others since the last working link. */
export const backoff = (error: BridgeError, failures: number, urgent: boolean): number => {
  const patient = error.retry === "later" || error.retry === "never";
  const ms = (SCHEDULE[patient ? SCHEDULE.length - 1 : failures] ?? 30) * 1000;
  return urgent ? Math.min(ms, URGENT_MS) : ms;
};

/** Longer than the adapter's own deadline: a promise that it never settles must not block (ADR 9). */
const CONNECT_MS = 30_000;
const CLOSE_MS = 3_000;
/** A pad that is switched on advertises within seconds; after this time the user gets a hint. */
const NOT_FOUND_MS = 30_000;

/** What the supervisor needs from the owner of the pad. */
export interface LinkOwner {
  /** The link is wanted: switched on, or needed by a stop. */
  wanted(): boolean;
  /** A belt must be stopped, or may have to: reconnect without delay. */
  urgent(): boolean;
  /** An unclean end may have left the belt moving, and this run has not seen it (safety rule 9). */
  leftMoving(): boolean;
  phase(phase: Phase): void;
  onAdvertisement(advertisement: Advertisement): void;
  ambiguous(addresses: readonly Address[]): void;
  /** The pad was not found for 30 s. */
  away(): void;
  bound(): Address | null;
  bind(address: Address): void;
  /** Uses the link until it is lost or the signal aborts. Rejects with the BridgeError that ended it. */
  serve(link: Link, signal: AbortSignal): Promise<void>;
}

export interface LinkSupervisorDeps {
  readonly radio: Radio;
  readonly clock: Clock;
  readonly log: Logger;
  /** Shared by all pads of the radio. */
  readonly rightOfWay: RightOfWay;
}

/**
 * One pad's link as a sequence: wanted -> scan -> connect -> serve -> wait -> again. Each round owns an
 * AbortController; the end of the round aborts it, so nothing outlives its round.
 */
export class LinkSupervisor {
  readonly #settings: PadSettings;
  readonly #deps: LinkSupervisorDeps;
  readonly #owner: LinkOwner;
  #round = new AbortController();
  #ended = false;
  #failures = 0;
  #missed = false;
  #linked = false;
  #running: Promise<void> | null = null;

  constructor(settings: PadSettings, deps: LinkSupervisorDeps, owner: LinkOwner) {
    this.#settings = settings;
    this.#deps = deps;
    this.#owner = owner;
  }

  start(): void {
    const forget = this.#deps.radio.onState(() => this.reconsider());
    this.#claim();
    this.#running ??= this.#run().finally(forget);
  }

  /** The conditions have changed: a round that is no longer wanted ends, a wait restarts. */
  reconsider(): void {
    this.#claim();
    if (!this.#mayGoOn()) this.#round.abort();
    else this.#wake();
  }

  /** The link works: a streak of failures is over. */
  healthy(): void {
    this.#failures = 0;
    this.#missed = false;
  }

  /** Ends the present wait early; a scan or a link continues. */
  #wake: () => void = () => undefined;

  #mayGoOn(): boolean {
    return !this.#ended && this.#owner.wanted() && this.#deps.radio.state.state === "on";
  }

  /** Ends the link and its resources. Settles within the close deadline; idempotent. */
  async end(): Promise<void> {
    this.#ended = true;
    this.#claim();
    this.#round.abort();
    this.#wake();
    await withTimeout(this.#running ?? Promise.resolve(), {
      clock: this.#deps.clock,
      ms: 2 * CLOSE_MS,
      what: "closing the link",
    }).catch((error: unknown) => this.#deps.log.debug({ err: error }, "Link not closed in time"));
  }

  async #run(): Promise<void> {
    while (!this.#ended) {
      this.#round = new AbortController();
      if (this.#mayGoOn()) await this.#oneRound(this.#round.signal);
      else {
        this.#owner.phase(this.#owner.wanted() ? "scanning" : "off");
        await this.#wait(Infinity);
      }
    }
    this.#owner.phase("off");
  }

  /** Other pads' connects wait while this belt must be reached. */
  #claim(): void {
    const { rightOfWay } = this.#deps;
    const isFirst = this.#owner.urgent() || this.#owner.leftMoving();
    if (this.#mayGoOn() && !this.#linked && isFirst) rightOfWay.claim(this);
    else rightOfWay.release(this);
  }

  async #oneRound(signal: AbortSignal): Promise<void> {
    try {
      await this.#attempt(signal);
    } catch (thrown) {
      if (signal.aborted) return;
      const error =
        thrown instanceof BridgeError ? thrown : new BridgeError("connect-failed", asError(thrown).message);
      this.#tell(error);
      const ms = backoff(error, this.#failures, this.#owner.urgent());
      this.#failures += 1;
      this.#owner.phase("scanning");
      await this.#wait(ms);
    }
  }

  async #attempt(signal: AbortSignal): Promise<void> {
    this.#owner.phase("scanning");
    const address = await this.#find(signal);
    if (signal.aborted) return;
    // Treated as success, a scan that ends by itself would cause a loop without a pause.
    if (address === null) throw new BridgeError("radio-busy", "The scan ended by itself.");
    const connect = (scope: AbortSignal): Promise<Link> => this.#connect(address, scope);
    const link = await this.#deps.rightOfWay.give(this, connect, signal, () => this.#owner.phase("scanning"));
    if (link === null) return;
    this.#linked = true;
    this.#claim();
    try {
      await this.#owner.serve(link, signal);
    } finally {
      this.#linked = false;
      this.#claim();
      await this.#close(link);
    }
  }

  async #connect(address: Address, signal: AbortSignal): Promise<Link> {
    const { radio, clock } = this.#deps;
    this.#owner.phase("connecting");
    const connecting = radio.connect(address, { signal });
    return withTimeout(connecting, { clock, ms: CONNECT_MS, what: "connecting", signal }).catch(
      (error: unknown) => {
        // A link that completes late must not stay open unnoticed.
        connecting.then((late) => this.#close(late)).catch(() => undefined);
        throw error;
      },
    );
  }

  async #find(signal: AbortSignal): Promise<Address | null> {
    const { radio, clock } = this.#deps;
    const cancelMiss = clock.after(NOT_FOUND_MS, () => this.#miss());
    const deps = {
      radio,
      clock,
      bound: () => this.#owner.bound(),
      bind: (found: Address) => this.#owner.bind(found),
      onAmbiguous: (addresses: readonly Address[]) => this.#owner.ambiguous(addresses),
      onAdvertisement: (advertisement: Advertisement) => this.#owner.onAdvertisement(advertisement),
    };
    return findPad(this.#settings, deps, signal).finally(cancelMiss);
  }

  /**
   * A pad that is away is no problem (docs/topics.md), but its owner may wait for it. Logged once until it is there
   * again.
   */
  #miss(): void {
    this.#owner.away();
    if (this.#missed) return;
    this.#missed = true;
    this.#deps.log.info(
      {},
      "Pad not found yet. Wake the pad by its button and close the phone's app, which would keep it connected; " +
        "the bridge connects as soon as the pad advertises.",
    );
  }

  async #close(link: Link): Promise<void> {
    const { clock, log } = this.#deps;
    await withTimeout(link[Symbol.asyncDispose](), { clock, ms: CLOSE_MS, what: "disconnecting" }).catch(
      (error: unknown) => log.debug({ err: error }, "Disconnect failed"),
    );
  }

  async #wait(ms: number): Promise<void> {
    if (ms === 0) return;
    const wakeUp = new AbortController();
    const wake = (): void => wakeUp.abort();
    this.#wake = wake;
    this.#round.signal.addEventListener("abort", wake, { once: true });
    if (this.#ended) wake();
    if (ms === Infinity) await aborted(wakeUp.signal);
    else await sleep(this.#deps.clock, ms, wakeUp.signal);
    this.#wake = () => undefined;
  }

  /** First failure of a streak at warn, the rest at debug. */
  #tell(error: BridgeError): void {
    const { log } = this.#deps;
    const advice = error.advice ?? "The bridge tries again by itself.";
    if (this.#failures === 0) log.warn({ code: error.code }, `${error.message} ${advice}`);
    else log.debug({ code: error.code, failures: this.#failures }, error.message);
  }
}
