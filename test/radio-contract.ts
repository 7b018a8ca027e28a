import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Address, Advertisement, Link, Radio, Uuid } from "../src/ble/radio.js";
import { BridgeError } from "../src/domain/errors.js";
import { NO_FAULTS } from "../src/domain/faults.js";
import { COMMAND, frame } from "../src/protocol/wilink/frames.js";

/** A radio with one pad in reach, which is switched on and not connected, and the hooks that the suite needs. */
export interface RadioUnderTest {
  readonly radio: Radio;
  readonly pad: { readonly address: Address; readonly name: string; readonly service: Uuid };
  /** The address of no device. */
  readonly nobody: Address;
  /** Writes that the pad answers on `notify`, and how each answer begins. */
  readonly write: Uuid;
  readonly notify: Uuid;
  readonly asks: readonly (readonly [request: Uint8Array, answerStarts: readonly number[]])[];
  /** Lets time pass until the promise settles, and gives its outcome; throws when that takes too long. */
  settled<T>(promise: PromiseLike<T>): Promise<T>;
  /** Lets this time pass, ms. */
  pass(ms: number): Promise<void>;
  /** Breaks the link to the pad, as distance does. */
  loseLink(): void;
  /** While true no call on the link gets through. */
  hang(hanging: boolean): void;
  /** Leaves nothing behind. */
  end(): Promise<void>;
}

/** The simulated pad that adapters are tried with. */
export const C2 = { address: "57:4c:4e:00:11:22", name: "KS-BLC2", model: "c2", faults: NO_FAULTS } as const;

/** What the suite has to know of it (wire-facts a). */
export const ABOUT_C2: Pick<RadioUnderTest, "pad" | "nobody" | "write" | "notify" | "asks"> = {
  pad: { address: C2.address, name: C2.name, service: "fe00" },
  nobody: "57:4c:4e:99:99:99",
  write: "fe02",
  notify: "fe01",
  asks: [
    [frame(COMMAND, [0xa2, 0, 0]), [0xf8, 0xa2]],
    [frame(COMMAND, [0xa6, 0, 0, 0, 0, 0]), [0xf8, 0xa6]],
    [frame(COMMAND, [0xa7, 0xaa, 0xff]), [0xf8, 0xa7]],
    [frame(COMMAND, [0xa2, 0, 0]), [0xf8, 0xa2]],
  ],
};

/** Features that the stack below an adapter lacks, each with its reason: their tests are skipped. */
export interface Unsupported {
  /** A connect without an answer stays pending until it is cancelled. */
  readonly pendingConnects?: string;
}

/** What every adapter of the radio port promises (src/ble/radio.ts, ADR 9). */
export const radioContract = (
  adapter: string,
  makeRadio: () => Promise<RadioUnderTest>,
  unsupported: Unsupported = {},
): void => {
  describe(`the radio port: ${adapter}`, () => {
    let rig: RadioUnderTest;
    const never = new AbortController().signal;
    const connect = (address = rig.pad.address, signal = never): Promise<Link> =>
      rig.radio.connect(address, { signal });
    const connected = (): Promise<Link> => rig.settled(connect());
    /** For promises that are looked at later: until then their rejection is nobody's fault. */
    const later = <T>(promise: Promise<T>): Promise<T> => {
      promise.catch(() => undefined);
      return promise;
    };
    /** Every call that the port has on a link. */
    const calls = (link: Link, signal: AbortSignal): Promise<unknown>[] =>
      [
        link.write(rig.write, rig.asks[0]![0], { signal, response: false }),
        link.subscribe(rig.notify, () => undefined, { signal }),
        link.read(rig.notify, { signal }),
        link.rssi({ signal }),
      ].map((call: Promise<unknown>) => later(call));
    const reasons = async (promises: Promise<unknown>[]): Promise<unknown[]> =>
      (await rig.settled(Promise.allSettled(promises))).map((each) =>
        each.status === "rejected" ? (each.reason as unknown) : "resolved",
      );
    const codes = async (promises: Promise<unknown>[]): Promise<unknown[]> =>
      (await reasons(promises)).map((reason) => (reason instanceof BridgeError ? reason.code : reason));

    beforeEach(async () => {
      rig = await makeRadio();
    });
    afterEach(() => rig.end());

    describe("scanning", () => {
      it("hears the pad again and again until the signal aborts, and not after", async () => {
        const heard: Advertisement[] = [];
        const stop = new AbortController();
        const scan = rig.radio.scan((each) => heard.push(each), { signal: stop.signal });
        await rig.pass(1500);
        const mine = heard.filter(({ address }) => address === rig.pad.address);
        expect(mine.length).toBeGreaterThan(1);
        expect(mine.at(-1)).toMatchObject({ name: rig.pad.name });
        expect(mine.some(({ services }) => services.includes(rig.pad.service))).toBe(true);
        expect(mine.every(({ rssi }) => rssi === null || (rssi < 0 && rssi > -127))).toBe(true);
        stop.abort();
        await rig.settled(scan);
        const { length } = heard;
        await rig.pass(500);
        expect(heard).toHaveLength(length);
      });

      it("is shared: the end of one caller's scan is not the end of another's", async () => {
        const stops = [new AbortController(), new AbortController()] as const;
        const heard = [0, 0];
        const scans = stops.map(({ signal }, i) => rig.radio.scan(() => heard[i]!++, { signal }));
        await rig.pass(500);
        stops[0].abort();
        await rig.settled(scans[0]!);
        const before = [...heard];
        await rig.pass(500);
        expect(heard[0]).toBe(before[0]);
        expect(heard[1]).toBeGreaterThan(before[1]!);
        stops[1].abort();
        await rig.settled(scans[1]!);
      });

      it("pauses while connecting, goes on after it, and does not hear a connected pad", async ({ skip }) => {
        skip(unsupported.pendingConnects !== undefined, unsupported.pendingConnects);
        const stop = new AbortController();
        const give = new AbortController();
        let heard = 0;
        const scan = rig.radio.scan(() => heard++, { signal: stop.signal });
        const vain = later(connect(rig.nobody, give.signal));
        // What was on its way when the connect began may still come.
        await rig.pass(200);
        heard = 0;
        await rig.pass(500);
        expect(heard).toBe(0);
        give.abort();
        await reasons([vain]);
        await rig.pass(1000);
        expect(heard).toBeGreaterThan(0);
        await connected();
        heard = 0;
        await rig.pass(500);
        expect(heard).toBe(0);
        stop.abort();
        await rig.settled(scan);
      });

      it("with a signal that has aborted already is over at once", async () => {
        await rig.settled(rig.radio.scan(() => undefined, { signal: AbortSignal.abort() }));
      });
    });

    describe("connecting", () => {
      it("discovers the pad's services", async () => {
        const link = await connected();
        expect(link.address).toBe(rig.pad.address);
        expect(link.services.get(rig.pad.service)).toEqual(expect.arrayContaining([rig.notify, rig.write]));
        expect(link.lost.aborted).toBe(false);
      });

      it("is done one at a time, in the order of asking; who gives up makes room", async ({ skip }) => {
        skip(unsupported.pendingConnects !== undefined, unsupported.pendingConnects);
        const give = new AbortController();
        const order: string[] = [];
        const vain = connect(rig.nobody, give.signal).finally(() => order.push("first"));
        const good = connect().finally(() => order.push("second"));
        const waiting = new AbortController();
        const queued = connect(rig.nobody, waiting.signal);
        await rig.pass(300);
        expect(order).toEqual([]);
        waiting.abort(new BridgeError("aborted", "not needed"));
        expect(await codes([queued])).toEqual(["aborted"]);
        give.abort(new BridgeError("aborted", "too slow"));
        expect(await codes([vain])).toEqual(["aborted"]);
        expect((await rig.settled(good)).address).toBe(rig.pad.address);
        expect(order).toEqual(["first", "second"]);
      });

      it("ends at a deadline of its own where nobody answers, and leaves the radio usable", async () => {
        const [reason] = await reasons([connect(rig.nobody)]);
        expect(reason).toBeInstanceOf(BridgeError);
        await connected();
      });

      it.each([0, 1, 10, 40])("aborted after %i ms leaves nothing on the controller", async (ms) => {
        const give = new AbortController();
        const attempt = connect(rig.pad.address, give.signal);
        const outcome = attempt.then(
          async (link) => {
            await link[Symbol.asyncDispose]();
            return "connected";
          },
          (reason: unknown) => reason,
        );
        await rig.pass(ms);
        const reason = new BridgeError("aborted", "changed my mind");
        give.abort(reason);
        expect([reason, "connected"]).toContain(await rig.settled(outcome));
        await connected();
      });

      it("with a signal that has aborted already is refused", async () => {
        const signal = AbortSignal.abort(new BridgeError("aborted", "too late"));
        expect(await codes([connect(rig.pad.address, signal)])).toEqual(["aborted"]);
      });
    });

    describe("a link", () => {
      it("carries writes, and their answers in order", async () => {
        const link = await connected();
        const heard: Uint8Array[] = [];
        await rig.settled(link.subscribe(rig.notify, (bytes) => heard.push(bytes), { signal: never }));
        for (const [request] of rig.asks) {
          await rig.settled(link.write(rig.write, request, { signal: never, response: false }));
          // A pad ignores a frame that comes within its gap of the last one (wire-facts a.9).
          await rig.pass(750);
        }
        expect(heard.map((bytes, i) => [...bytes.subarray(0, rig.asks[i]?.[1].length)])).toEqual(
          rig.asks.map(([, starts]) => starts),
        );
        expect(await rig.settled(link.rssi({ signal: never }))).toSatisfy(
          (rssi) => rssi === null || (typeof rssi === "number" && rssi < 0),
        );
      });

      it("takes no notice of what becomes of the bytes it was given", async () => {
        const link = await connected();
        const heard: Uint8Array[] = [];
        await rig.settled(link.subscribe(rig.notify, (bytes) => heard.push(bytes), { signal: never }));
        const request = rig.asks[0]![0].slice();
        const write = link.write(rig.write, request, { signal: never, response: false });
        request.fill(0);
        await rig.settled(write);
        await rig.pass(500);
        expect(heard).toHaveLength(1);
      });

      it("rejects calls on what the pad does not have", async () => {
        const link = await connected();
        const signal = never;
        const failures = await reasons([
          link.write("ffff", Uint8Array.of(1), { signal, response: false }),
          link.subscribe("ffff", () => undefined, { signal }),
          link.read("ffff", { signal }),
        ]);
        expect(failures.every((reason) => reason instanceof BridgeError)).toBe(true);
      });

      it("rejects with the caller's reason when its signal aborts, before or on the way", async () => {
        const link = await connected();
        rig.hang(true);
        const give = new AbortController();
        const pending = calls(link, give.signal);
        await rig.pass(5);
        const reason = new BridgeError("aborted", "enough");
        give.abort(reason);
        expect(new Set(await reasons([...pending, ...calls(link, give.signal)]))).toEqual(new Set([reason]));
        rig.hang(false);
      });

      it("ends every call that gets stuck at a deadline of its own", async () => {
        const link = await connected();
        rig.hang(true);
        const failures = await reasons(calls(link, never));
        expect(failures.every((reason) => reason instanceof BridgeError)).toBe(true);
        rig.hang(false);
      });

      it("that is lost says so, rejects what is pending and all that comes, with one and the same reason", async () => {
        const link = await connected();
        rig.hang(true);
        const pending = calls(link, never);
        await rig.pass(5);
        rig.loseLink();
        await rig.settled(
          new Promise<void>((resolve) => {
            if (link.lost.aborted) resolve();
            else link.lost.addEventListener("abort", () => resolve(), { once: true });
          }),
        );
        expect(link.lost.reason).toBeInstanceOf(BridgeError);
        expect(link.lost.reason).toMatchObject({ code: "link-lost" });
        expect(new Set(await reasons([...pending, ...calls(link, never)]))).toEqual(
          new Set([link.lost.reason]),
        );
        await rig.settled(link[Symbol.asyncDispose]());
        rig.hang(false);
        await connected();
      });

      it("that is disposed of rejects calls, is not lost, and can be had again", async () => {
        const link = await connected();
        rig.hang(true);
        const pending = calls(link, never);
        await rig.pass(5);
        const disposals = [link[Symbol.asyncDispose](), link[Symbol.asyncDispose]()];
        expect(new Set(await codes([...pending, ...calls(link, never)]))).toEqual(new Set(["link-closed"]));
        await rig.settled(Promise.all(disposals));
        await rig.settled(link[Symbol.asyncDispose]());
        expect(link.lost.aborted).toBe(false);
        rig.hang(false);
        await connected();
      });

      it("hands nothing on once it is disposed of", async () => {
        const link = await connected();
        let heard = 0;
        await rig.settled(link.subscribe(rig.notify, () => heard++, { signal: never }));
        await rig.settled(link.write(rig.write, rig.asks[0]![0], { signal: never, response: false }));
        const disposal = link[Symbol.asyncDispose]();
        const before = heard;
        await rig.settled(disposal);
        await rig.pass(500);
        expect(heard).toBe(before);
      });
    });

    describe("disposal of the radio", () => {
      it("ends links, scans and connects, once, and refuses what comes after", async () => {
        const link = await connected();
        const scan = later(rig.radio.scan(() => undefined, { signal: never }));
        const pending = later(connect(rig.nobody));
        await rig.pass(5);
        const disposals = [rig.radio[Symbol.asyncDispose](), rig.radio[Symbol.asyncDispose]()];
        const outcome = await reasons([pending, connect(), ...calls(link, never)]);
        expect(outcome.every((reason) => reason instanceof BridgeError)).toBe(true);
        await rig.settled(Promise.allSettled([scan]));
        await rig.settled(Promise.all(disposals));
        await rig.settled(rig.radio[Symbol.asyncDispose]());
        const late = rig.radio.scan(() => undefined, { signal: never });
        expect((await reasons([late]))[0]).toBeInstanceOf(BridgeError);
      });
    });
  });
};
