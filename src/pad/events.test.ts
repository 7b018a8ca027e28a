import { expect, it, vi } from "vitest";
import { OFF, padRig } from "../../test/support/pad-rig.js";

// What listens to a pad cannot break what stops it: its error comes to light where nothing is half done.
it("a listener and an asker that throw keep no stop from its end", async () => {
  const thrown: unknown[] = [];
  const later = vi.spyOn(globalThis, "queueMicrotask").mockImplementation((run) => {
    try {
      run();
    } catch (error) {
      thrown.push(error);
    }
  });
  try {
    const rig = padRig();
    await rig.walking(3);
    const boom = (): never => {
      throw new Error("boom");
    };
    rig.pad.subscribe({ changed: boom, happened: boom });
    rig.pad.submit([{ command: OFF, respond: boom }], rig.clock.now(), null);
    const [over, hurry] = [new AbortController(), new AbortController()];
    rig.pad.shutdown.begin();
    await rig.clock.settled(rig.pad.shutdown.stop(over.signal, hurry.signal), 15_000);
    expect(rig.pad.shutdown.verdict()).toBe("rest");
    expect(thrown.every((error) => error instanceof Error && error.message === "boom")).toBe(true);
    expect(thrown.length).toBeGreaterThan(2);
    await rig.close();
  } finally {
    later.mockRestore();
  }
});
