import type { Clock } from "../../clock.js";
import { BridgeError } from "../../domain/errors.js";
import type { Logger } from "../../log/log.js";
import { adapterError } from "./errors.js";
import { NobleAdapter } from "./adapter.js";
import type { AdapterSession } from "./session.js";
import type { Address, Advertisement, Abortable, Link, Radio, RadioState } from "../radio.js";
import { withTimeout } from "../deadline.js";

export interface NobleRadioDeps {
  readonly clock: Clock;
  readonly log: Logger;
}

/** A call that comes before the adapter's first state waits for it. */
const OPENING_MS = 8_000;

/** The real radio on the adapter hci0, hci1 and so on. Never throws, never blocks: errors are in its state. */
export const nobleRadio = (options: { readonly adapter: number }, deps: NobleRadioDeps): Radio =>
  new NobleRadio(options.adapter, deps);

class NobleRadio implements Radio {
  readonly #index: number;
  readonly #deps: NobleRadioDeps;
  readonly #adapter: NobleAdapter;
  readonly #listeners = new Set<(state: RadioState) => void>();
  readonly #closing = new AbortController();
  #disposal: Promise<void> | null = null;

  constructor(index: number, deps: NobleRadioDeps) {
    this.#index = index;
    this.#deps = deps;
    const log = deps.log.child({ part: "radio" });
    this.#adapter = new NobleAdapter(index, { clock: deps.clock, log, onChange: () => this.#notify() });
  }

  get state(): RadioState {
    return this.#adapter.state;
  }

  onState(listener: (state: RadioState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async scan(onAdvertisement: (advertisement: Advertisement) => void, { signal }: Abortable): Promise<void> {
    try {
      const session = await this.#session(signal);
      await session.scan.run(onAdvertisement, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async connect(address: Address, { signal }: Abortable): Promise<Link> {
    const session = await this.#session(signal);
    return session.connector.connect(address.toLowerCase(), signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposal ??= this.#close();
    return this.#disposal;
  }

  /** Bounded by its parts: cancelling connects, closing links, stopping the scan. */
  async #close(): Promise<void> {
    const reason = new BridgeError("link-closed", "The Bluetooth radio is closed.", { retry: "never" });
    this.#listeners.clear();
    this.#closing.abort(reason);
    await this.#adapter.session?.close(reason);
    this.#adapter.dispose(reason);
  }

  /** The adapter's present session. Rejects with the BridgeError that keeps the adapter from working. */
  async #session(signal: AbortSignal): Promise<AdapterSession> {
    this.#closing.signal.throwIfAborted();
    signal.throwIfAborted();
    if (!this.#adapter.session && !this.#adapter.trouble) await this.#opened(signal);
    const { session, trouble } = this.#adapter;
    if (session) return session;
    throw trouble ?? adapterError("SILENT", this.#index);
  }

  async #opened(signal: AbortSignal): Promise<void> {
    let forget = (): void => undefined;
    const changed = new Promise<void>((resolve) => {
      forget = this.onState(() => resolve());
    });
    const deadline = { clock: this.#deps.clock, ms: OPENING_MS, what: "opening Bluetooth" };
    await withTimeout(changed, { ...deadline, signal: [signal, this.#closing.signal] }).finally(forget);
  }

  #notify(): void {
    for (const listener of [...this.#listeners]) listener(this.state);
  }
}
