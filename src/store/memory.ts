import { join } from "node:path";
import type { Clock } from "../clock.js";
import type { Capabilities, ProtocolName } from "../domain/pad.js";
import type { Logger } from "../log.js";
import { readWhole, writeWhole } from "./files.js";

/** What is remembered of a pad; the shape of `pad/identity`'s Identity. */
export interface PadMemory {
  readonly bound: { readonly name: string; readonly address: string } | null;
  readonly protocol: ProtocolName | null;
  readonly model: string | null;
  readonly capabilities: Capabilities | null;
}

interface PadEntry {
  readonly identity: PadMemory;
  /** Epoch milliseconds of the last valid status; null after a clean end: the unclean-end mark of contract rule 9. */
  readonly lastStatusAt: number | null;
}

const VERSION = 1;
const NOTHING: PadMemory = { bound: null, protocol: null, model: null, capabilities: null };

export interface StoreState {
  readonly state: "ok" | "unwritable";
  readonly advice: string | null;
}

const UNWRITABLE: StoreState = {
  state: "unwritable",
  advice:
    "Check that store.path exists and may be written. Belts are stopped all the same; only memory is lost.",
};

/**
 * A small file with what must outlive the process: which address a name was bound to, what each pad can do, and which
 * belts were under our care when the last run ended without ending. Writing never blocks, throws or rejects.
 */
export class Memory {
  readonly #path: string;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #changed: () => void;
  readonly #pads = new Map<string, PadEntry>();
  /** As found at the start. */
  readonly #crashed = new Map<string, number>();
  #state: StoreState = { state: "ok", advice: null };
  #writing: Promise<void> | null = null;
  #dirty = false;

  constructor(
    storePath: string,
    deps: { readonly log: Logger; readonly clock: Clock; readonly changed: () => void },
  ) {
    this.#path = join(storePath, "bridge.json");
    this.#log = deps.log;
    this.#clock = deps.clock;
    this.#changed = deps.changed;
  }

  get state(): StoreState {
    return this.#state;
  }

  /** Reads the file; a damaged one is put aside and said so. Never rejects. */
  async load(): Promise<void> {
    try {
      const text = await readWhole(this.#path);
      if (text === null) return;
      for (const [id, entry] of Object.entries(entriesOf(text))) {
        this.#pads.set(id, entry);
        if (entry.lastStatusAt !== null) this.#crashed.set(id, entry.lastStatusAt);
      }
    } catch (err) {
      const aside = `${this.#path}.damaged-${this.#clock.wall()}`;
      this.#log.warn(
        { err, aside },
        "What was remembered of the pads cannot be read; it is kept aside, memory starts anew.",
      );
      await writeAside(this.#path, aside).catch(() => undefined);
    }
  }

  recall(padId: string): PadMemory {
    return this.#pads.get(padId)?.identity ?? NOTHING;
  }

  keep(padId: string, identity: PadMemory): void {
    this.#put(padId, { identity, lastStatusAt: this.#pads.get(padId)?.lastStatusAt ?? null });
    void this.save();
  }

  /** Epoch milliseconds of the last valid status before an unclean end; null after a clean one. */
  crashedAt(padId: string): number | null {
    return this.#crashed.get(padId) ?? null;
  }

  /** The belt is under our care; saved at once the first time, then with the heartbeat. */
  saw(padId: string, at: number): void {
    const entry = this.#pads.get(padId);
    const news = (entry?.lastStatusAt ?? null) === null;
    this.#put(padId, { identity: entry?.identity ?? NOTHING, lastStatusAt: at });
    if (news) void this.save();
  }

  /** The belt was left at rest, or is none of ours any more. */
  release(padId: string): void {
    const entry = this.#pads.get(padId);
    if (entry) this.#put(padId, { ...entry, lastStatusAt: null });
  }

  /** Writes what has changed. Resolves when it is on the disk, or when that has failed and was said. */
  async save(): Promise<void> {
    if (!this.#dirty) return this.#writing ?? undefined;
    // One write at a time; what changes meanwhile goes with the next.
    if (this.#writing) await this.#writing;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null;
    });
    await this.#writing;
  }

  #put(padId: string, entry: PadEntry): void {
    this.#pads.set(padId, entry);
    this.#dirty = true;
  }

  async #write(): Promise<void> {
    this.#dirty = false;
    const text = JSON.stringify({ version: VERSION, pads: Object.fromEntries(this.#pads) }, null, 1);
    try {
      await writeWhole(this.#path, `${text}\n`);
      this.#become({ state: "ok", advice: null });
    } catch (err) {
      if (this.#state.state === "ok")
        this.#log.warn({ err }, `The store cannot be written. ${UNWRITABLE.advice ?? ""}`);
      this.#dirty = true;
      this.#become(UNWRITABLE);
    }
  }

  #become(state: StoreState): void {
    if (state.state === this.#state.state) return;
    this.#state = state;
    this.#changed();
  }
}

const writeAside = async (path: string, aside: string): Promise<void> => {
  const text = await readWhole(path);
  if (text !== null) await writeWhole(aside, text);
};

/** Throws for a file that is not one of ours. */
const entriesOf = (text: string): Readonly<Record<string, PadEntry>> => {
  const found = JSON.parse(text) as { version?: unknown; pads?: Record<string, Partial<PadEntry>> } | null;
  if (found?.version !== VERSION || typeof found.pads !== "object")
    throw new Error("not a memory of this version");
  return Object.fromEntries(
    Object.entries(found.pads).map(([id, { identity, lastStatusAt }]) => [
      id,
      {
        identity: { ...NOTHING, ...identity },
        lastStatusAt: typeof lastStatusAt === "number" ? lastStatusAt : null,
      },
    ]),
  );
};
