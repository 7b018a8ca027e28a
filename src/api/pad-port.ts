import type { Command, Outcome } from "../domain/command.js";
import type { Capabilities, ProtocolName } from "../domain/pad.js";
import type { EventType, PadState } from "../domain/state.js";
import type { Session, Stats } from "../domain/stats.js";

/** Something that happened to a pad; `at` is epoch milliseconds. */
export interface PadHappening {
  readonly type: EventType;
  readonly at: number;
  readonly session?: Session;
}

/** One key of a message, and where its result goes. `respond` is called exactly once. */
export interface CommandRequest {
  readonly command: Command;
  readonly respond: (outcome: Outcome) => void;
}

/** What of a pad is shown. */
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

/** A pad as every face of the bridge sees it. The rules of safety are behind it, once for all faces. */
export interface PadPort {
  readonly settings: { readonly id: string; readonly name: string; readonly address: string | null };
  view(): PadPortView;
  subscribe(listener: {
    changed(view: PadPortView): void;
    happened(pad: unknown, event: PadHappening): void;
  }): () => void;
  /** `arrived` is when the message came, on the clock; `stale`: it is older than 5 s by its own `at`. */
  submit(requests: readonly CommandRequest[], arrived: number, stale: boolean): void;
}
