import { describe, expect, it } from "vitest";
import { Journal } from "../../test/broker/client-under-test.js";
import { RefusedSubscriptions } from "./refused-subscriptions.js";

const PADS = ["office", "attic"].map((id) => ({ settings: { id } }));

const rig = () => {
  const journal = new Journal();
  const deaf: (readonly string[])[] = [];
  const refusals = new RefusedSubscriptions("B", journal.log, (pads) => deaf.push(pads));
  return { refusals, journal, deaf };
};

describe("subscriptions that the broker refuses", () => {
  it.each([["B/office/set"], ["B/office/set/+"]])(
    "%s: the pad's commands are blocked, and the log shows the consequence",
    (topic) => {
      const { refusals, journal, deaf } = rig();
      refusals.set([topic], PADS);
      refusals.set([topic], PADS);
      expect(deaf).toEqual([["office"]]);
      expect(journal.lines).toMatchObject([
        {
          level: "error",
          fields: { topics: [topic], pads: ["office"] },
          message: expect.stringMatching(/OFF .* do not arrive for office$/) as string,
        },
      ]);
      expect(refusals.state.state).toBe("refused");
      for (const word of [topic, "office", "remote", "access list"])
        expect(refusals.state.advice).toContain(word);
    },
  );

  it("of other topics are logged, and block no pad", () => {
    const { refusals, journal, deaf } = rig();
    refusals.set(["B/bridge/request/#", "homeassistant/status"], PADS);
    expect(deaf).toEqual([[]]);
    expect(journal.lines[0]?.message).not.toContain("OFF");
    expect(refusals.state.advice).toContain("homeassistant/status");
  });

  it("that are granted later end it", () => {
    const { refusals, journal, deaf } = rig();
    refusals.set([], PADS);
    expect(journal.lines).toEqual([]);
    refusals.set(["B/attic/set"], PADS);
    refusals.set([], PADS);
    expect(deaf).toEqual([["attic"], []]);
    expect(journal.lines.map(({ level }) => level)).toEqual(["error", "info"]);
    expect(refusals.state).toEqual({ state: "ok", advice: null });
  });
});
