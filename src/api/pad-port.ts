import type { Command, Outcome } from "../domain/command.js";
import type { Capabilities, ProtocolName } from "../domain/pad.js";
import type { EventType, PadState } from "../domain/state.js";
import type { Session, Stats } from "../domain/stats.js";

/** An event of a pad; `at` is epoch milliseconds. */
export interface PadPortEvent {
  readonly type: EventType;
  readonly at: number;
  readonly session?: Session;
}

/** One key of a message, and the receiver of its result. `respond` is called exactly once. */
export interface CommandRequest {
  readonly command: Command;
  readonly respond: (outcome: Outcome) => void;
}

/** The visible part of a pad. */
export interface PadPortView {
  readonly available: boolean;
  readonly state: PadState;
  /** Null until the store has been read. */
  readonly stats: Stats | null;
  readonly identity: {
    readonly protocol: ProtocolName | null;
    readonly model: string | null;
    readonly capabilities: Capabilities | null;
    readonly bound: { readonly address: string } | null;
  };
}

/** A pad as every face of the bridge sees it. The safety rules are behind it, once for all faces. */
export interface PadPort {
  readonly settings: { readonly id: string; readonly name: string; readonly address: string | null };
  view(): PadPortView;
  subscribe(listener: {
    changed(view: PadPortView): void;
    happened(pad: unknown, event: PadPortEvent): void;
  }): () => void;
  /** `arrived`: when the message arrived, on the clock; `stale`: it is older than 5 s by its own `at`. */
  submit(requests: readonly CommandRequest[], arrived: number, stale: boolean): void;
}
