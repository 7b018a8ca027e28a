import { NO_MEMORY, type PadMemory } from "./pending.js";
import type { PadRow } from "./read.js";
import type { Unwritten } from "./unwritten.js";

/** What is remembered of pads besides their walks: what they are, and whether their belts are under our care. */
export class KnownPads {
  readonly #unwritten: Unwritten;
  readonly #identities = new Map<string, PadMemory>();
  /** The unclean-end marks, as found at the start and as they are now. */
  readonly #crashed = new Map<string, number>();
  readonly #marks = new Map<string, number | null>();

  constructor(unwritten: Unwritten) {
    this.#unwritten = unwritten;
  }

  load({ id, identity, lastStatusAt }: PadRow): void {
    if (identity) this.#identities.set(id, identity);
    if (lastStatusAt !== null) this.#crashed.set(id, lastStatusAt);
    this.#marks.set(id, lastStatusAt);
  }

  recall(padId: string): PadMemory {
    return this.#identities.get(padId) ?? NO_MEMORY;
  }

  keep(padId: string, identity: PadMemory): void {
    this.#identities.set(padId, identity);
    this.#unwritten.identity(padId, identity);
  }

  /** Epoch milliseconds of the last valid status before an unclean end; null after a clean one. */
  crashedAt(padId: string): number | null {
    return this.#crashed.get(padId) ?? null;
  }

  /** As it is now: epoch milliseconds; null for a belt that is none of ours. */
  markOf(padId: string): number | null {
    return this.#marks.get(padId) ?? null;
  }

  mark(padId: string, at: number | null): void {
    this.#marks.set(padId, at);
    this.#unwritten.mark(padId, at);
  }

  /** A new file is to be told everything. */
  carryOver(): void {
    for (const [padId, identity] of this.#identities) this.#unwritten.identity(padId, identity);
    for (const [padId, at] of this.#marks) this.#unwritten.mark(padId, at);
  }
}
