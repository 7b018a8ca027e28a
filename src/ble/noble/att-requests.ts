import type { Clock } from "../../clock.js";
import type { ErrorCode } from "../../domain/errors.js";
import { attTrouble } from "./errors.js";
import type { Attribute } from "./gatt.js";
import type { NobleHci } from "./hci.js";
import type { AttributeRange, Characteristic, Peripheral } from "./internals.js";
import { within } from "../deadline.js";
import { Turns } from "../mutex.js";

/** A request takes one or two connection events (50 ms each), more where packets get lost. */
const CALL_MS = 5_000;

/** The requests of one connection: one at a time, as ATT has it. */
export class Requests {
  readonly #turns = new Turns();
  readonly #peripheral: Peripheral;
  readonly #hci: NobleHci | null;
  readonly #clock: Clock;

  constructor(peripheral: Peripheral, hci: NobleHci | null, clock: Clock) {
    this.#peripheral = peripheral;
    this.#hci = hci;
    this.#clock = clock;
  }

  /** Rejects with a BridgeError of this code as soon as the pad refuses, which noble does not tell. */
  async run<T>(
    { code, what }: { readonly code: ErrorCode; readonly what: string },
    { characteristic, range }: Attribute,
    run: (characteristic: Characteristic, signal: AbortSignal) => Promise<T>,
    signals: readonly AbortSignal[],
  ): Promise<T> {
    const refused = new AbortController();
    const scope = within({ clock: this.#clock, ms: CALL_MS, what }, [...signals, refused.signal]);
    try {
      const release = await this.#turns.take(scope.signal);
      const forget = this.#onRefusal(range, (status) => refused.abort(attTrouble(code, what, status)));
      try {
        return await run(characteristic, scope.signal);
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
      const isOurs = error.attribute >= range.startHandle && error.attribute <= range.endHandle;
      if (error.connection === connection && isOurs) refuse(error.status);
    });
  }
}
