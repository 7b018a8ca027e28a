import type { TotalsState } from "../domain/totals.js";
import type { ClockTrust } from "./clock-trust.js";
import type { PadChange } from "./changes.js";
import type { DayFilter, PadRow, SessionFilter, StoredDay, StoredSession, TimedSample } from "./read.js";
import { type Renewal, StoreError, type Trouble, troubleOf } from "./store-state.js";
import { asError, BridgeError } from "../domain/errors.js";

/** The file's data of a pad. */
export interface StoredPad extends PadRow {
  /** Null where it cannot be read. */
  readonly tally: TotalsState | null;
  /** The last second of its last session that has a sample; null for none. */
  readonly lastSecond: number | null;
}

/** The result of opening the file. */
export interface Opened {
  /** Why it cannot be used; null where it can. */
  readonly trouble: Failure | null;
  /** Why a new file was created in this run; null: none was. */
  readonly renewal: Renewal | null;
  /** Null where nothing can be read. */
  readonly pads: readonly StoredPad[] | null;
  /** The last run's trust in its clock, and the newest time in the file; null where unknown. */
  readonly trust: ClockTrust | null;
  readonly newest: number | null;
  /** Data that cannot be read now may be in the file. */
  readonly mayHoldData: boolean;
}

export interface Batch {
  readonly changes: ReadonlyMap<string, PadChange>;
  readonly trust: ClockTrust | null;
  /** Sessions that ended before this are removed, a few at a time; epoch milliseconds, null: none. */
  readonly expireBefore: number | null;
}

export interface Written {
  /** A new file has replaced the one with all data, and the batch is not in it yet: send everything. */
  readonly renewed: boolean;
  readonly renewal: Renewal | null;
  /** The number of removed sessions, and whether there may be more. */
  readonly expired: number;
  readonly more: boolean;
}

/** The store's file access: each call settles once the disk has answered. Rejects with StoreError or BridgeError. */
export interface StorePort {
  /** Rejects with BridgeError("store-in-use") when another bridge holds the store. */
  lock(): Promise<void>;
  open(): Promise<Opened>;
  /** All or nothing. */
  write(batch: Batch): Promise<Written>;
  sessions(filter: SessionFilter): Promise<readonly StoredSession[]>;
  days(filter: DayFilter): Promise<readonly StoredDay[]>;
  samples(session: StoredSession): Promise<readonly TimedSample[]>;
  /** Releases file and lock. */
  close(): Promise<void>;
}

/** An error in a form that can be sent between threads. */
export interface Failure {
  readonly trouble: Trouble | "in-use";
  readonly message: string;
  readonly advice: string | null;
}

export const failureOf = (error: unknown): Failure => {
  const inUse = error instanceof BridgeError && error.code === "store-in-use";
  const { message } = asError(error);
  return { trouble: inUse ? "in-use" : troubleOf(error), message, advice: inUse ? error.advice : null };
};

export const errorOf = ({ trouble, message, advice }: Failure): Error =>
  trouble === "in-use"
    ? new BridgeError("store-in-use", message, { retry: "never", ...(advice !== null && { advice }) })
    : new StoreError(trouble, message);

export type StoreRequest = {
  [Method in keyof StorePort]: { readonly method: Method; readonly args: Parameters<StorePort[Method]> };
}[keyof StorePort];

export type StoreReply =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly failure: Failure };

/** A store that is accessed by messages. */
export const storeOver = (send: (request: StoreRequest) => Promise<StoreReply>): StorePort => {
  const ask = async (request: StoreRequest): Promise<unknown> => {
    const reply = await send(request);
    if (!reply.ok) throw errorOf(reply.failure);
    return reply.value;
  };
  const call = <M extends keyof StorePort>(method: M, ...args: Parameters<StorePort[M]>) =>
    ask({ method, args } as unknown as StoreRequest) as ReturnType<StorePort[M]>;
  return {
    lock: () => call("lock"),
    open: () => call("open"),
    write: (batch) => call("write", batch),
    sessions: (filter) => call("sessions", filter),
    days: (filter) => call("days", filter),
    samples: (session) => call("samples", session),
    close: () => call("close"),
  };
};

type Run = (...args: readonly unknown[]) => Promise<unknown>;

/** The other side: carries out the requests of `storeOver`. Never rejects. */
export const answerWith =
  (store: StorePort) =>
  async ({ method, args }: StoreRequest): Promise<StoreReply> => {
    try {
      return { ok: true, value: await Reflect.apply(Reflect.get(store, method) as Run, store, args) };
    } catch (error) {
      return { ok: false, failure: failureOf(error) };
    }
  };
