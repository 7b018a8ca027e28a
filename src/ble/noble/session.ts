import { setMaxListeners } from "node:events";
import type { Clock } from "../../clock.js";
import type { BridgeError } from "../../domain/errors.js";
import type { Logger } from "../../log/log.js";
import { Connector } from "./connector.js";
import type { NobleHci } from "./hci.js";
import { SharedScan } from "./scan.js";
import type { Noble } from "./internals.js";

export interface AdapterSessionDeps {
  readonly adapter: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The time from an adapter's power-on to its end: scans and connects belong to it. */
export class AdapterSession {
  readonly scan: SharedScan;
  readonly connector: Connector;
  readonly #hci: NobleHci | null;
  /** Aborts scans and connects, and prevents new ones. */
  readonly #stopping = new AbortController();
  /** Aborts everything, links included. */
  readonly #ending = new AbortController();

  constructor(noble: Noble, hci: NobleHci | null, deps: AdapterSessionDeps) {
    const [ended, stopping] = [this.#ending.signal, this.#stopping.signal];
    // Each pad scans, connects and has a link: the number of listeners is unlimited.
    setMaxListeners(0, ended, stopping);
    this.#hci = hci;
    this.scan = new SharedScan(noble, hci, { ...deps, ended, stopping });
    this.connector = new Connector({ ...deps, hci, ended, stopping, scan: this.scan });
  }

  /** The adapter is gone. */
  end(reason: BridgeError): void {
    this.#stopping.abort(reason);
    this.#ending.abort(reason);
    this.#hci?.reset();
  }

  /** Ends scans, connects and links in order; bounded. */
  async close(reason: BridgeError): Promise<void> {
    this.#stopping.abort(reason);
    await this.connector.close();
    await this.scan.settled();
  }
}
