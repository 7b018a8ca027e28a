import fc from "fast-check";
import { expect, test } from "vitest";
import { type Release, Mutex } from "./mutex.js";

test("for any order of asking, giving up and giving back: one at a time, first come first served", async () => {
  const step = fc.oneof(
    fc.constant({ do: "ask" as const }),
    fc.record({ do: fc.constant("give up" as const), who: fc.nat(9) }),
    fc.constant({ do: "give back" as const }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const turns = new Mutex();
      const waiting: { readonly id: number; readonly quit: AbortController }[] = [];
      const held: { id: number; release: Release }[] = [];
      const served: number[] = [];
      let asked = 0;
      for (const each of steps) {
        if (each.do === "ask") {
          const place = { id: asked++, quit: new AbortController() };
          waiting.push(place);
          turns.acquire(place.quit.signal).then(
            (release) => {
              served.push(place.id);
              held.push({ id: place.id, release });
              waiting.splice(waiting.indexOf(place), 1);
            },
            () => waiting.splice(waiting.indexOf(place), 1),
          );
        } else if (each.do === "give up") waiting[each.who % (waiting.length || 1)]?.quit.abort();
        else {
          const turn = held.shift();
          turn?.release();
          turn?.release();
        }
        await new Promise(setImmediate);
        expect(held.length).toBeLessThanOrEqual(1);
        // Nobody waits while nobody has the turn.
        expect(held.length > 0 || waiting.length === 0).toBe(true);
      }
      expect(served).toEqual([...served].sort((a, b) => a - b));
    }),
  );
});

test("an aborted caller gets the signal's reason, and no place in the queue", async () => {
  const turns = new Mutex();
  const reason = new Error("changed my mind");
  await expect(turns.acquire(AbortSignal.abort(reason))).rejects.toBe(reason);
  (await turns.acquire(new AbortController().signal))();
});
