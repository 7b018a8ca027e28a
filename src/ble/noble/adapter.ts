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

/** How often the adapter's state is checked, as noble itself does. */
const TICK_MS = 1_000;
/** How long after a failure the next attempt comes; longer where the socket could not be created. */
const RETRY_MS = 2_000;
const LOAD_RETRY_MS = 10_000;
/** A controller answers all of the first commands within a second. */
const ANSWER_MS = 5_000;

const STARTING: RadioState = { state: "unavailable", advice: "Bluetooth is starting." };
const ON: RadioState = { state: "on", advice: null };

/** noble's names of an adapter's state, as keys of adapterError(). */
const NOT_ON: Readonly<Record<string, string>> = {
  poweredOff: "ENETDOWN",
  unauthorized: "EPERM",
  unsupported: "UNSUPPORTED",
};
/** Socket errors after which nothing works. Others, such as ENOBUFS, concern one packet. */
const FATAL: readonly unknown[] = ["EPERM", "EACCES", "ENODEV", "ENXIO", "EBADFD", "EBUSY"];

/**
 * One adapter through all its states: missing, forbidden, off, on, unplugged. One noble instance is kept throughout,
 * since the HCI socket below it is never closed: each new instance would leak a file descriptor.
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
  /** When the controller was asked to identify itself; null: no reply is due. */
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

  /** Why it cannot be used; null while it can, and until the first state is known. */
  get trouble(): BridgeError | null {
    return this.#trouble;
  }

  dispose(reason: BridgeError): void {
    this.#disposed = true;
    this.#stopTicking();
    this.#endSession(reason);
    this.#noble?.removeAllListeners();
    const source = this.#hci ? this.#hci.bindings._hci._socket : this.#noble?._bindings;
    // A polled socket keeps the process alive, and so does the manager that macOS and Windows use instead.
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
    // Only now: noble initialises itself when this listener is added before its initialisation.
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

  /** Takes the next step from the adapter's present state towards "on". Throws what the socket throws. */
  #look(noble: NobleHci): void {
    const { _hci: hci } = noble.bindings;
    // An adapter that is down may have been unplugged: binding shows which.
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
    // On the user channel (HCI_CHANNEL_USER) noble never asks for the buffer size, and then never writes anything.
    if (hci && !hci._aclBuffers) hci.readLeBufferSize();
    this.#askedAt = null;
    this.#trouble = null;
    this.#session = new AdapterSession(this.#noble, this.#hci, { ...this.#deps, adapter: this.#index });
    this.#publish(ON);
  }

  #fail(trouble: BridgeError, retryIn: number): void {
    this.#askedAt = null;
    // Any error may have cost the socket its binding too.
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

/** No effect on a socket that is already bound. Throws ENODEV where there is no such adapter. */
const bind = (hci: Hci): void => {
  try {
    if (hci._userChannel) hci._socket.bindUser(hci._deviceId);
    else hci._socket.bindRaw(hci._deviceId);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EALREADY")) throw error;
  }
  hci._socket.start();
};

/** The commands that noble sends to a controller that comes up; the replies make it "poweredOn". */
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
