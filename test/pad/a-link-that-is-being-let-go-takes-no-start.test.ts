import { expect, it } from "vitest";
import { codes, isMotion, link, OFF, ON, padRig, speed } from "../support/pad-rig.js";

// The link lives on until what is on its way is out. A start that is written in that time arrives, too, and the belt
// runs on a link that is switched off: seen.
it.each(["c2", "a1", "p1", "r1pro"] as const)(
  "a %s: `link` OFF, and ON for the belt at once",
  async (model) => {
    for (let offset = 0; offset < 1_000; offset += 50) {
      const rig = padRig({ model });
      await rig.online();
      await rig.clock.advance(3_000 + offset);
      const off = rig.send(link("OFF"));
      expect(codes(rig.send(ON, speed(3)))).toEqual(["not-connected", "not-connected"]);
      await rig.clock.advance(10_000);
      expect(codes(off)).toEqual(["ok"]);
      expect(rig.handed.filter(({ op }) => isMotion(op))).toEqual([]);
      expect(rig.speed()).toBe(0);
      await rig.close();
    }
  },
);

it("a stop takes it back: it is written at once, and the link is regained to see it done", async () => {
  const rig = padRig();
  await rig.online();
  await rig.clock.advance(3_000);
  const off = rig.send(link("OFF"));
  const stop = rig.send(OFF);
  expect(rig.handed.at(-1)?.op).toBe("stop");
  await rig.clock.until(() => rig.state().stopConfirmed, 20_000);
  await rig.clock.advance(21_000);
  expect(codes(stop)).toEqual(["link-lost"]);
  expect(codes(off)).toEqual(["ok"]);
  expect(rig.state().link).toBe("off");
  await rig.close();
});
