import type { Clock } from "../../clock.js";
import type { BridgeError, ErrorCode } from "../../domain/errors.js";
import { attError } from "./errors.js";
import type { Attribute } from "./gatt.js";
import type { NobleHci } from "./hci.js";
import type { AttributeRange, Characteristic, Peripheral } from "./internals.js";
import { deadlineSignal } from "../deadline.js";
import { Mutex } from "../mutex.js";

/** A request takes one or two connection events (50 ms each), more where packets get lost. */
const CALL_MS = 5_000;

/** The requests of one connection: one at a time, as ATT requires. */
export class AttRequests {
  readonly #turns = new Mutex();
  readonly #peripheral: Peripheral;
  readonly #hci: NobleHci | null;
  readonly #clock: Clock;

  constructor(peripheral: Peripheral, hci: NobleHci | null, clock: Clock) {
    this.#peripheral = peripheral;
    this.#hci = hci;
    this.#clock = clock;
  }

  /** Rejects with a BridgeError of this code as soon as the pad refuses, which noble does not report. */
  async run<T>(
    { code, what }: { readonly code: ErrorCode; readonly what: string },
    { characteristic, range }: Attribute,
    run: (characteristic: Characteristic, signal: AbortSignal) => Promise<T>,
    signals: readonly AbortSignal[],
  ): Promise<T> {
    const refused = new AbortController();
    const seen: { refusal?: BridgeError } = {};
    const refuse = (status: number): void => {
      seen.refusal ??= attError(code, what, status);
      // The reply to the cancellation is awaited here, or the next request would take it for its own.
      if (!this.#hci?.callOffLongWrite(this.#peripheral)) refused.abort(seen.refusal);
    };
    const scope = deadlineSignal({ clock: this.#clock, ms: CALL_MS, what }, [...signals, refused.signal]);
    try {
      const release = await this.#turns.acquire(scope.signal);
      const forget = this.#onRefusal(range, refuse);
      try {
        const result = await run(characteristic, scope.signal);
        if (seen.refusal) throw seen.refusal;
        return result;
      } finally {
        forget();
        release();
      }
    } finally {
      scope.release();
    }
  }

  #onRefusal(range: AttributeRange | null, refuse: (status: number) => void): () => void {
    const connection = this.#hci?.connectionOf(this.#peripheral);
    if (!this.#hci || !range) return () => undefined;
    return this.#hci.onAttError((error) => {
      // Without an attribute: the pad does not support the request at all (Core spec Vol 3 Part F 3.4.1.1), or the
      // refused request is the last part of a long write. Only one request is pending at a time, so it is ours.
      const isOurs =
        error.attribute === 0 || (error.attribute >= range.startHandle && error.attribute <= range.endHandle);
      if (error.connection === connection && isOurs) refuse(error.status);
    });
  }
}
