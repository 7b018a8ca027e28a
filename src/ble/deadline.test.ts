import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { ManualClock } from "../../test/support/clock.js";
import { BridgeError } from "../domain/errors.js";
import { withTimeout, deadlineSignal } from "./deadline.js";

const forever = new Promise<never>(() => undefined);
const rig = (): { clock: ManualClock; controller: AbortController; left: () => number } => {
  const [clock, controller] = [new ManualClock(), new AbortController()];
  return {
    clock,
    controller,
    left: () => clock.pending + getEventListeners(controller.signal, "abort").length,
  };
};

test("gives the value or the error of a promise that settles in time", async () => {
  const { clock, controller, left } = rig();
  const bounds = { clock, ms: 100, what: "waiting", signal: controller.signal };
  expect(await withTimeout(Promise.resolve(1), bounds)).toBe(1);
  await expect(withTimeout(Promise.reject(new Error("no")), bounds)).rejects.toThrow("no");
  expect(left()).toBe(0);
});

test("rejects at the deadline with what was awaited", async () => {
  const { clock, controller, left } = rig();
  const outcome = withTimeout(forever, { clock, ms: 100, what: "waiting", signal: controller.signal });
  const caught = outcome.catch((error: unknown) => error);
  await clock.advance(99);
  expect(clock.pending).toBe(1);
  await clock.advance(1);
  expect(await caught).toMatchObject({ code: "timeout", message: "waiting took longer than 100 ms." });
  expect(left()).toBe(0);
});

test.each(["one signal", "several signals"])("rejects with the reason of %s", async (how) => {
  const { clock, controller, left } = rig();
  const { signal } = controller;
  const other = new AbortController().signal;
  const outcome = withTimeout(forever, {
    clock,
    ms: 100,
    what: "",
    signal: how === "one signal" ? signal : [other, signal],
  });
  const reason = new BridgeError("link-lost", "gone");
  controller.abort(reason);
  await expect(outcome).rejects.toBe(reason);
  expect(left() + getEventListeners(other, "abort").length).toBe(0);
});

test("does not wait for anything when the signal has aborted before, not even for what is settled", async () => {
  const { clock, left } = rig();
  const reason = new Error("too late");
  const bounds = { clock, ms: 100, what: "", signal: AbortSignal.abort(reason) };
  await expect(withTimeout(Promise.resolve(1), bounds)).rejects.toBe(reason);
  expect(left()).toBe(0);
});

test("swallows what an abandoned promise rejects with later", async () => {
  const { clock } = rig();
  let reject: (reason: Error) => void = () => undefined;
  const late = new Promise<never>((_resolve, rejectLate) => {
    reject = rejectLate;
  });
  const outcome = withTimeout(late, { clock, ms: 10, what: "" }).catch((error: unknown) => error);
  await clock.advance(10);
  expect(await outcome).toBeInstanceOf(BridgeError);
  // An unhandled rejection fails the run.
  reject(new Error("nobody cares"));
  await clock.settle();
});

test("a scope's signal takes the first reason, and nothing after its release", async () => {
  const { clock, controller, left } = rig();
  const scope = deadlineSignal({ clock, ms: 10, what: "work" }, [controller.signal]);
  scope.release();
  controller.abort();
  await clock.advance(20);
  expect([scope.signal.aborted, left()]).toEqual([false, 0]);
});

test("a timeout that a stall of ours has made late lets the answers that wait go first", async () => {
  const { clock, controller, left } = rig();
  const stalled = { now: () => clock.now() + (clock.now() >= 100 ? 3_000 : 0), wall: () => clock.wall() };
  const late = { ...stalled, after: clock.after.bind(clock), every: clock.every.bind(clock) };
  const answer = new Promise<number>((resolve) => clock.after(120, () => resolve(7)));
  const bounds = { clock: late, ms: 100, what: "waiting", signal: controller.signal };
  expect(await clock.settled(withTimeout(answer, bounds))).toBe(7);
  const never = expect(clock.settled(withTimeout(forever, bounds))).rejects.toMatchObject({
    code: "timeout",
  });
  await never;
  expect(left()).toBe(0);
});

test("a stall that ends with the deadline itself lets them, too", async () => {
  const { clock, left } = rig();
  // Until 103 ms the process stands still: then the timers that are due run first, and what waits in the socket is read.
  const after = (ms: number, run: () => void) => clock.after(Math.max(ms, 103 - clock.now()), run);
  const stalled = { now: () => clock.now(), wall: () => clock.wall(), every: clock.every.bind(clock), after };
  let answered: (value: number) => void = () => undefined;
  const answer = new Promise<number>((resolve) => (answered = resolve));
  const settled = withTimeout(answer, { clock: stalled, ms: 100, what: "waiting" });
  after(0, () => answered(7));
  expect(await clock.settled(settled)).toBe(7);
  expect(left()).toBe(0);
});
