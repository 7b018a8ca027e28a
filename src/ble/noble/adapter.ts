import type { Clock } from "../../clock.js";
import type { BridgeError } from "../../domain/errors.js";
import type { Logger } from "../../log/log.js";
import { adapterError, stateFromError } from "./errors.js";
import { NobleHci } from "./hci.js";
import { hciOf, initialise, loadNoble } from "./load.js";
import { AdapterSession } from "./session.js";
import type { Hci, Noble } from "./internals.js";
import type { RadioState } from "../radio.js";

export interface AdapterDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly onChange: () => void;
}

/** How often the adapter is looked at, as noble itself does. */
const TICK_MS = 1_000;
/** How often what was refused is tried again; a socket that could not even be made takes longer. */
const RETRY_MS = 2_000;
const LOAD_RETRY_MS = 10_000;
/** A controller answers all of the first commands within a second. */
const ANSWER_MS = 5_000;

const STARTING: RadioState = { state: "unavailable", advice: "Bluetooth is being opened." };
const ON: RadioState = { state: "on", advice: null };

/** noble's words for the state of an adapter, as words of adapterTrouble(). */
const NOT_ON: Readonly<Record<string, string>> = {
  poweredOff: "ENETDOWN",
  unauthorized: "EPERM",
  unsupported: "UNSUPPORTED",
};
/** Errors of the socket after which nothing will work. Others, such as ENOBUFS, concern one packet. */
const FATAL: readonly unknown[] = ["EPERM", "EACCES", "ENODEV", "ENXIO", "EBADFD", "EBUSY"];

/**
 * One adapter through all its ups and downs: missing, forbidden, off, on, unplugged. One noble is kept for all of it,
 * since the HCI socket below it is never closed: each new one would cost a file descriptor for good.
 */
export class NobleAdapter {
  readonly #index: number;
  readonly #deps: AdapterDeps;
  readonly #stopTicking: () => void;
  #noble: Noble | null = null;
  #hci: NobleHci | null = null;
  #state: RadioState = STARTING;
  #trouble: BridgeError | null = null;
  #session: AdapterSession | null = null;
  #bound = false;
  #ticking = false;
  #disposed = false;
  /** When the controller was asked to identify itself; null: it need not answer. */
  #askedAt: number | null = null;
  #retryAt = -Infinity;

  constructor(index: number, deps: AdapterDeps) {
    this.#index = index;
    this.#deps = deps;
    this.#stopTicking = deps.clock.every(TICK_MS, () => void this.#tick());
    void this.#tick();
  }

  get state(): RadioState {
    return this.#state;
  }

  /** Null while the adapter cannot be used. */
  get session(): AdapterSession | null {
    return this.#session;
  }

  /** Why it cannot be used; null while it can, and until that is known. */
  get trouble(): BridgeError | null {
    return this.#trouble;
  }

  dispose(reason: BridgeError): void {
    this.#disposed = true;
    this.#stopTicking();
    this.#endSession(reason);
    this.#noble?.removeAllListeners();
    const source = this.#hci ? this.#hci.bindings._hci._socket : this.#noble?._bindings;
    // A socket that is polled keeps the process alive, and so does the manager that macOS and Windows have instead.
    if (source && "stop" in source) source.stop();
    source?.removeAllListeners();
  }

  async #tick(): Promise<void> {
    if (this.#ticking || this.#disposed || this.#deps.clock.now() < this.#retryAt) return;
    this.#ticking = true;
    try {
      if (!this.#noble) await this.#load();
      else if (this.#hci) this.#look(this.#hci);
      this.#session?.scan.tick();
    } catch (error) {
      this.#fail(adapterError(error, this.#index), this.#noble ? RETRY_MS : LOAD_RETRY_MS);
    } finally {
      this.#ticking = false;
    }
  }

  async #load(): Promise<void> {
    const { log } = this.#deps;
    const noble = await loadNoble(this.#index, log);
    if (this.#disposed) return;
    const bindings = hciOf(noble);
    if (bindings) this.#hci = new NobleHci(bindings, log);
    initialise(noble);
    this.#noble = noble;
    // Only now: to an uninitialised noble, this listener means that it shall initialise itself.
    noble.on("stateChange", (state: string) => this.#onNobleState(state));
    if (!this.#hci) return;
    this.#listen(this.#hci.bindings._hci);
    this.#look(this.#hci);
  }

  #listen(hci: Hci): void {
    hci._socket.on("data", (packet: Buffer) => hci.onSocketData(packet));
    hci._socket.on("error", (error: NodeJS.ErrnoException) => {
      this.#deps.log.debug({ err: error }, "Bluetooth socket failed");
      if (FATAL.includes(error.code)) this.#fail(adapterError(error, this.#index), RETRY_MS);
      else if (error.code === "ENETDOWN") void this.#tick();
    });
  }

  /** Goes one step from wherever the adapter is towards "on". Throws what the socket throws. */
  #look(noble: NobleHci): void {
    const { _hci: hci } = noble.bindings;
    // An adapter that is down may have been unplugged: binding tells.
    if (!this.#bound || !hci._socket.isDevUp()) bind(hci);
    this.#bound = true;
    if (!hci._socket.isDevUp()) {
      this.#fail(adapterError("ENETDOWN", this.#index), 0);
      return;
    }
    const now = this.#deps.clock.now();
    if (this.#session || (this.#askedAt !== null && now - this.#askedAt < ANSWER_MS)) return;
    if (this.#askedAt !== null) this.#fail(adapterError("SILENT", this.#index), 0);
    this.#askedAt = now;
    noble.reset();
    ask(hci);
  }

  #onNobleState(state: string): void {
    if (state !== "poweredOn") {
      const cause = NOT_ON[state] ?? new Error(`its state is "${state}"`);
      this.#fail(adapterError(cause, this.#index), RETRY_MS);
      return;
    }
    if (this.#session || !this.#noble) return;
    const hci = this.#hci?.bindings._hci;
    // On the user channel (HCI_CHANNEL_USER) noble never asks, and then writes nothing for ever.
    if (hci && !hci._aclBuffers) hci.readLeBufferSize();
    this.#askedAt = null;
    this.#trouble = null;
    this.#session = new AdapterSession(this.#noble, this.#hci, { ...this.#deps, adapter: this.#index });
    this.#publish(ON);
  }

  #fail(trouble: BridgeError, retryIn: number): void {
    this.#askedAt = null;
    // Whatever it was, the socket may have been lost with it.
    this.#bound = false;
    this.#retryAt = this.#deps.clock.now() + retryIn;
    this.#trouble = trouble;
    this.#endSession(trouble);
    this.#publish(stateFromError(trouble));
  }

  #endSession(reason: BridgeError): void {
    const session = this.#session;
    this.#session = null;
    session?.end(reason);
  }

  #publish(state: RadioState): void {
    if (state.state === this.#state.state && state.advice === this.#state.advice) return;
    this.#state = state;
    const { log, onChange } = this.#deps;
    if (state.advice === null) log.info({ adapter: this.#index }, "Bluetooth is on");
    else log.warn({ adapter: this.#index, state: state.state }, state.advice);
    onChange();
  }
}

/** Harmless to a socket that is bound already. Throws ENODEV where there is no such adapter. */
const bind = (hci: Hci): void => {
  try {
    if (hci._userChannel) hci._socket.bindUser(hci._deviceId);
    else hci._socket.bindRaw(hci._deviceId);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EALREADY")) throw error;
  }
  hci._socket.start();
};

/** What noble asks of a controller when it comes up; the answers make it "poweredOn". */
const ask = (hci: Hci): void => {
  if (hci._userChannel) {
    hci.reset();
    return;
  }
  hci.setSocketFilter();
  hci.setEventMask();
  hci.setLeEventMask();
  hci.readLocalVersion();
  hci.writeLeHostSupported();
  hci.readLeHostSupported();
  hci.readLeBufferSize();
  hci.readBdAddr();
};
