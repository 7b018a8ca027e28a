import type { TotalsState } from "../domain/totals.js";
import type { ClockTrust } from "./clock-trust.js";
import type { PadChange } from "./pending.js";
import type { PadRow, SessionFilter, StoredDay, StoredSession, TimedSample } from "./read.js";
import { StoreError, type Trouble, troubleOf } from "./store-state.js";
import { asError, BridgeError } from "../domain/errors.js";

/** What the file knows of a pad. */
export interface StoredPad extends PadRow {
  /** Null where it cannot be read. */
  readonly tally: TotalsState | null;
  /** The last second of its last session that has a sample; null for none. */
  readonly lastSecond: number | null;
}

/** What was found when the file was opened. */
export interface Opened {
  /** Why it cannot be used; null where it can. */
  readonly trouble: Failure | null;
  /** Where a damaged file was put in this run. */
  readonly damagedCopy: string | null;
  /** Null where nothing can be read. */
  readonly pads: readonly StoredPad[] | null;
  /** How far the last run believed its clock, and the newest time in the file; null where nothing is known. */
  readonly trust: ClockTrust | null;
  readonly newest: number | null;
  /** Data that cannot be read now may be in the file. */
  readonly mayHoldData: boolean;
}

export interface Batch {
  readonly changes: ReadonlyMap<string, PadChange>;
  readonly trust: ClockTrust | null;
  /** Sessions that ended before are removed, a few at a time; epoch milliseconds, null: none. */
  readonly expireBefore: number | null;
}

export interface Written {
  /** Another file has taken the place of the one that held everything, and the batch is not in it yet: send all. */
  readonly renewed: boolean;
  readonly damagedCopy: string | null;
  /** Sessions removed, and whether there may be more. */
  readonly expired: number;
  readonly more: boolean;
}

/** The disk, wherever it is done: each call is answered once the disk has answered. Rejects with StoreError or BridgeError. */
export interface StorePort {
  /** Rejects with BridgeError("store-in-use") when another bridge holds the store. */
  lock(): Promise<void>;
  open(): Promise<Opened>;
  /** All of it or nothing. */
  write(batch: Batch): Promise<Written>;
  sessions(filter: SessionFilter): Promise<readonly StoredSession[]>;
  days(filter: DayFilter): Promise<readonly StoredDay[]>;
  samples(session: StoredSession): Promise<readonly TimedSample[]>;
  /** Gives file and lock back. */
  close(): Promise<void>;
}

export interface DayFilter {
  readonly pad: string | null;
  /** A local day, `YYYY-MM-DD`. */
  readonly since: string | null;
}

/** An error as a thread can hand it to another one. */
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

/** A store that is reached by messages. */
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

/** The other end: carries out what `storeOver` asks for. Never rejects. */
export const answerWith =
  (store: StorePort) =>
  async ({ method, args }: StoreRequest): Promise<StoreReply> => {
    try {
      return { ok: true, value: await Reflect.apply(Reflect.get(store, method) as Run, store, args) };
    } catch (error) {
      return { ok: false, failure: failureOf(error) };
    }
  };
