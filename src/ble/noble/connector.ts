import type { Clock } from "../../clock.js";
import { asError, BridgeError } from "../../domain/errors.js";
import type { Logger } from "../../log/log.js";
import { connectError, linkLost } from "./errors.js";
import { disconnect } from "./disconnect.js";
import { awaitEvent } from "./event.js";
import type { NobleHci } from "./hci.js";
import { NobleLink } from "./link.js";
import type { SharedScan } from "./scan.js";
import type { ConnectionParameters, Peripheral } from "./internals.js";
import type { Address } from "../radio.js";
import { deadlineSignal } from "../deadline.js";
import { Mutex } from "../mutex.js";

export interface ConnectDeps {
  readonly hci: NobleHci | null;
  readonly scan: SharedScan;
  readonly clock: Clock;
  readonly log: Logger;
  /** Aborts when no connect may begin any more. */
  readonly stopping: AbortSignal;
  /** Aborts when the adapter is gone. */
  readonly ended: AbortSignal;
}

/** The whole connect, including the wait for other pads' connects. */
const CONNECT_MS = 25_000;
/**
 * An advertising pad answers within one or two of its intervals (100 ms to 1 s); a longer wait would delay other pads.
 */
const ESTABLISH_MS = 6_000;
const CANCEL_MS = 1_500;
/**
 * The Linux HCI socket connects inside a system call that lasts until the pad answers, up to 40 s (L2CAP_CONN_TIMEOUT),
 * and blocks the whole program: a connect begins only to a pad that has advertised within this time.
 */
const HEARD_MS = 3_000;
const BLOCKED_MS = 1_000;
const BLOCKED =
  "The Bluetooth driver blocked the whole program while connecting. To avoid it, give the bridge an adapter of its own " +
  "(HCI_CHANNEL_USER=1).";
/**
 * 30 to 50 ms, as Linux does by default; 7.5 ms, noble's own minimum, makes an R1 Pro drop the link every 4.4 s
 * (wire-facts a.1). The supervision timeout is 2 s (Linux: 0.42 s): a body between pad and radio does not end the link,
 * and a lost link is still reported well before 5 s of silence.
 */
const PARAMETERS: ConnectionParameters = { minInterval: 24, maxInterval: 40, latency: 0, timeout: 200 };

/** Connects to one pad at a time, in the order of the requests. */
export class Connector {
  readonly #deps: ConnectDeps;
  readonly #turns = new Mutex();
  readonly #links = new Map<Address, NobleLink>();
  readonly #connecting = new Set<Promise<NobleLink>>();

  constructor(deps: ConnectDeps) {
    this.#deps = deps;
  }

  /** Rejects with a BridgeError or the signal's reason; then no connection is left on the controller. */
  async connect(address: Address, signal: AbortSignal): Promise<NobleLink> {
    const connecting = this.#connect(address, signal);
    this.#connecting.add(connecting);
    try {
      return await connecting;
    } catch (error) {
      signal.throwIfAborted();
      throw connectError(error, address);
    } finally {
      this.#connecting.delete(connecting);
    }
  }

  /** Waits for the connects that are being cancelled, and closes every link; bounded. */
  async close(): Promise<void> {
    const closeLinks = (): Promise<unknown> =>
      Promise.all([...this.#links.values()].map((link) => link[Symbol.asyncDispose]()));
    await Promise.all([closeLinks(), Promise.allSettled([...this.#connecting])]);
    // A connect that could not be stopped closes its link by itself; this call closes the link of one that had just
    // ended.
    await closeLinks();
  }

  async #connect(address: Address, signal: AbortSignal): Promise<NobleLink> {
    if (this.#links.has(address))
      throw new BridgeError("connect-failed", `A link to ${address} already exists.`);
    const { clock, scan, stopping } = this.#deps;
    const scope = deadlineSignal({ clock, ms: CONNECT_MS, what: `connecting to ${address}` }, [
      signal,
      stopping,
    ]);
    try {
      const peripheral = await scan.find(address, HEARD_MS, scope.signal);
      const link = await this.#inTurn(() => this.#establish(peripheral, address, scope.signal), scope.signal);
      return await this.#discover(link, scope.signal);
    } finally {
      scope.release();
    }
  }

  async #inTurn<T>(run: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const release = await this.#turns.acquire(signal);
    const resume = await this.#deps.scan.hold();
    try {
      return await run();
    } finally {
      resume();
      release();
    }
  }

  async #establish(peripheral: Peripheral, address: Address, signal: AbortSignal): Promise<NobleLink> {
    const { hci, clock } = this.#deps;
    hci?.own.closeLeftover(peripheral);
    await disconnect(peripheral, this.#deps);
    hci?.own.expect(address);
    const scope = deadlineSignal({ clock, ms: ESTABLISH_MS, what: `connecting to ${address}` }, [signal]);
    try {
      const start = (): void => this.#ask(peripheral, address);
      const answer = (error?: Error | null): { readonly error: Error | null } => ({ error: error ?? null });
      const { error } = await awaitEvent(peripheral, "connect", start, answer, scope.signal);
      if (error) throw error;
      return this.#link(peripheral, address);
    } catch (error) {
      if (scope.signal.aborted) await this.#cancel(peripheral, address);
      throw error;
    } finally {
      hci?.own.expect(null);
      scope.release();
    }
  }

  /** The pad may have gone away during the wait for the mutex, and the system call cannot be interrupted. */
  #ask(peripheral: Peripheral, address: Address): void {
    const { clock, log } = this.#deps;
    const before = clock.now();
    peripheral.connect(PARAMETERS);
    const took = clock.now() - before;
    if (took > BLOCKED_MS) log.warn({ address, took_ms: Math.round(took) }, BLOCKED);
  }

  #link(peripheral: Peripheral, address: Address): NobleLink {
    const { hci, clock, log, ended } = this.#deps;
    if (hci && hci.connectionOf(peripheral) === null) throw linkLost(address, undefined);
    const link = new NobleLink(peripheral, {
      hci,
      clock,
      log,
      ended,
      onEnd: () => this.#links.delete(address),
    });
    this.#links.set(address, link);
    return link;
  }

  async #discover(link: NobleLink, signal: AbortSignal): Promise<NobleLink> {
    try {
      await link.discover(signal);
      return link;
    } catch (error) {
      await link[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #cancel(peripheral: Peripheral, address: Address): Promise<void> {
    const { hci, clock, log } = this.#deps;
    const scope = deadlineSignal({ clock, ms: CANCEL_MS, what: "cancelling the connect" }, []);
    try {
      if (hci?.connectionOf(peripheral) === null) await hci.own.cancel(peripheral, address, scope.signal);
      // The connect has just succeeded, or the operating system continues it: a disconnect ends both.
      else await disconnect(peripheral, this.#deps);
    } catch (error) {
      log.debug({ address, err: asError(error) }, "Controller did not confirm the cancelled connect");
    } finally {
      scope.release();
    }
  }
}
