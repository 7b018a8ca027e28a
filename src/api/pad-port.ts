import type { CommandRequest, Outcome } from "../domain/command.js";
import type { Identity } from "../domain/identity.js";
import type { EventType, PadState } from "../domain/state.js";
import type { Session, Stats } from "../domain/stats.js";

/** An event of a pad; `at` is epoch milliseconds. */
export interface PadPortEvent {
  readonly type: EventType;
  readonly at: number;
  readonly session?: Session;
}

/** The visible part of a pad. */
export interface PadPortView {
  readonly available: boolean;
  readonly state: PadState;
  /** Null until the store has been read. */
  readonly stats: Stats | null;
  readonly identity: Identity;
}

/** A pad as every face of the bridge sees it. The safety rules are behind it, once for all faces. */
export interface PadPort {
  readonly settings: { readonly id: string; readonly name: string; readonly address: string | null };
  view(): PadPortView;
  subscribe(listener: { changed(view: PadPortView): void; happened(event: PadPortEvent): void }): () => void;
  /**
   * `arrived`: when the message arrived, on the clock; `stale`: why it counts as too old by its own `at`, null: it is
   * recent.
   */
  submit(requests: readonly CommandRequest[], arrived: number, stale: Outcome | null): void;
}
