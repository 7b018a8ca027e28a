import type { Abortable, Link, Radio } from "../../src/ble/radio.js";
import { asError, BridgeError } from "../../src/domain/errors.js";
import { FTMS } from "../../src/protocol/ftms/gatt.js";
import { handedOver, isTextPad } from "../support/pad-rig.js";
import type { Pad } from "../../src/sim/pad.js";
import type { ProcessClock, WorldClock } from "./clock.js";
import type { Dice } from "./random.js";
import { lineCutter } from "./lines.js";
import { lineStream } from "./stream.js";

/** What the air between the bridge and one pad does; set while the day goes on. Times in milliseconds. */
export interface Air {
  /** From the hand-over of a frame to its arrival; frames follow each other. And how uneven that is. */
  transit: number;
  jitter: number;
  /** One in so many frames never arrives, and nobody tells. */
  losesOneIn: number | null;
  /** Every notification comes so late, or once more so much later, when it is not true any more. */
  delay: number;
  echo: number | null;
  /** Every notification comes twice. */
  doubled: boolean;
  /** Every status is the last one from before: the pad has frozen, its belt has not. */
  frozen: boolean;
  /** The parts of a split record: how late the one with the speed comes, and the other. */
  parts: { readonly speed: number; readonly rest: number };
  /** No answer of the control point comes. */
  unanswered: boolean;
  /** What a text pad says comes in pieces of at most so many bytes, so many ms apart; null: as it is sent. */
  pieces: { readonly size: number; readonly pause: number } | null;
}

export const clearAir: Air = {
  transit: 5,
  jitter: 0,
  losesOneIn: null,
  delay: 0,
  echo: null,
  doubled: false,
  frozen: false,
  parts: { speed: 0, rest: 0 },
  unanswered: false,
  pieces: null,
};

export interface AirObserver {
  handed(address: string, op: string, link: number): void;
  /** A whole line to a text pad, without its end. */
  line(address: string, line: string): void;
  linked(address: string, link: number): void;
  lost(address: string): void;
  /** The process is about to read a status that the pad sent at `generated`. */
  heard(address: string, generated: number): void;
  /** The process let go of a link that was up. */
  released(address: string, link: number): void;
}

export interface AirDeps {
  readonly world: WorldClock;
  readonly process: ProcessClock;
  readonly dice: Dice;
  readonly airOf: (address: string) => Air;
  /** The simulated pad itself, which knows what its frames mean. */
  readonly padOf: (address: string) => Pad;
  readonly observer: AirObserver;
  /** Aborted when the process is killed. */
  readonly killed: AbortSignal;
}

let links = 0;

/** The radio as one process sees it: what it hands over takes its time, and what comes waits while it stalls. */
export const airOver = (radio: Radio, deps: AirDeps): Radio => {
  const { process, killed } = deps;
  const bounded = ({ signal }: Abortable): Abortable => ({ signal: AbortSignal.any([signal, killed]) });
  return {
    get state() {
      return radio.state;
    },
    onState: (listener) => radio.onState((state) => process.input(() => listener(state))),
    scan: (listener, to) => radio.scan((ad) => process.input(() => listener(ad)), bounded(to)),
    connect: (address, to) =>
      new Promise((resolve, reject) => {
        radio.connect(address, bounded(to)).then(
          (link) => {
            if (process.dead) void link[Symbol.asyncDispose]();
            const through = linkThrough(link, deps);
            process.input(() => resolve(through));
          },
          (thrown: unknown) => process.input(() => reject(asError(thrown))),
        );
      }),
    // The radio outlives the process.
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
};

/** What the machines say of their belts on. */
const DATA: readonly string[] = [FTMS.treadmillData, "fe01", "fba2", "ff02", "fff2", "fff1"];

const linkThrough = (link: Link, { world, process, dice, airOf, padOf, observer }: AirDeps): Link => {
  const { address } = link;
  const names = handedOver(() => padOf(address));
  const cut = isTextPad(padOf(address)) ? lineCutter() : () => [];
  const id = ++links;
  const lost = new AbortController();
  link.lost.addEventListener("abort", () => {
    if (!process.dead) observer.lost(address);
    process.input(() => lost.abort(link.lost.reason));
  });
  observer.linked(address, id);
  let freeAt = 0;
  let frames = 0;
  let released: Promise<void> | null = null;

  /** In turn, each after its time on the way. */
  const queued = <T>(signal: AbortSignal, run: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      if (lost.signal.aborted || released) {
        reject(new BridgeError("link-lost", `The link to ${address} is gone.`));
        return;
      }
      const { transit, jitter } = airOf(address);
      freeAt = Math.max(freeAt, world.now()) + transit + dice.share() * jitter;
      const onLost = (): void => reject(lost.signal.reason as Error);
      const onAbort = (): void => reject(signal.reason as Error);
      lost.signal.addEventListener("abort", onLost);
      signal.addEventListener("abort", onAbort);
      const done = (settle: () => void): void =>
        process.input(() => {
          lost.signal.removeEventListener("abort", onLost);
          signal.removeEventListener("abort", onAbort);
          settle();
        });
      world.after(freeAt - world.now(), () => {
        run().then(
          (value) => done(() => resolve(value)),
          (thrown: unknown) => done(() => reject(asError(thrown))),
        );
      });
    });

  const heard = (characteristic: string, onBytes: (bytes: Uint8Array) => void) => {
    const pad = padOf(address);
    if (isTextPad(pad))
      return lineStream({
        world,
        air: () => airOf(address),
        pad: () => pad,
        hand: (bytes, generated) =>
          process.input(() => {
            if (lost.signal.aborted) return;
            if (generated !== null) observer.heard(address, generated);
            onBytes(bytes);
          }),
      });
    let last: Uint8Array | null = null;
    const pass = (bytes: Uint8Array, ms: number): void => {
      const generated = world.now();
      const hand = (): void =>
        process.input(() => {
          if (lost.signal.aborted) return;
          if (DATA.includes(characteristic)) observer.heard(address, generated);
          onBytes(bytes);
        });
      if (ms > 0) world.after(ms, hand);
      else hand();
    };
    return (fresh: Uint8Array): void => {
      const air = airOf(address);
      if (air.unanswered && characteristic === FTMS.controlPoint) return;
      const isData = DATA.includes(characteristic);
      const bytes = air.frozen && isData && last ? last : fresh;
      if (isData) last = bytes;
      // Bit 0 of the flags: more data, and no speed in this part (wire-facts b.1).
      const part =
        characteristic !== FTMS.treadmillData ? 0 : (bytes[0] ?? 0) & 1 ? air.parts.rest : air.parts.speed;
      pass(bytes, air.delay + part);
      if (air.doubled) pass(bytes, air.delay + part);
      if (air.echo !== null) pass(bytes, air.delay + air.echo);
    };
  };

  return {
    address,
    name: link.name,
    services: link.services,
    properties: link.properties,
    lost: lost.signal,
    rssi: ({ signal }) => queued(signal, () => link.rssi({ signal: link.lost })),
    read: (characteristic, { signal }) =>
      queued(signal, () => link.read(characteristic, { signal: link.lost })),
    subscribe: (characteristic, onBytes, { signal }) =>
      queued(signal, () =>
        link.subscribe(characteristic, heard(characteristic, onBytes), { signal: link.lost }),
      ),
    write(characteristic, bytes, { signal, response }) {
      frames += 1;
      const op = names(characteristic, bytes);
      for (const line of cut(bytes)) observer.line(address, line);
      if (op !== null) observer.handed(address, op, id);
      const { losesOneIn } = airOf(address);
      if (losesOneIn !== null && frames % losesOneIn === 0) return queued(signal, () => Promise.resolve());
      // A caller that gives up does not take back what it has handed over.
      return queued(signal, () => link.write(characteristic, bytes, { signal: link.lost, response }));
    },
    [Symbol.asyncDispose]() {
      released ??= (async () => {
        if (!link.lost.aborted) observer.released(address, id);
        await link[Symbol.asyncDispose]();
      })();
      return released;
    },
  };
};
