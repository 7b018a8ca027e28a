import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { padsYaml, withPads } from "./save.js";

const ENTRY = { id: "office", name: "Office", address: "57:4c:4e:00:11:22" };

describe("pads found by a scan", () => {
  it("can be pasted; an address that YAML 1.1 would take for a number is quoted", () => {
    expect(padsYaml([ENTRY, { id: "b", address: "57:41:40:00:11:22" }])).toBe(
      "pads:\n  - id: office\n    name: Office\n    address: 57:4c:4e:00:11:22\n" +
        '  - id: b\n    address: "57:41:40:00:11:22"\n',
    );
  });

  it.each([
    ["an empty file", ""],
    ["comments only", "# mine\n"],
    ["other sections", "# mine\nmqtt: # here\n  url: mqtt://h\n"],
    ["an empty section", "pads:\n"],
    ["an empty list", "pads: []\n"],
    [
      "an empty section with comments",
      "pads: # mine\n  # - id: a\n  #   address: x\n\n# next\nlog:\n  level: info\n",
    ],
    ["a null with a comment", "pads: null # none so far\n"],
    ["an empty list with comments", "pads: [\n  # none\n] # so far\n# end\n"],
    ["the example file", readFileSync("config/config.example.yaml", "utf8")],
    ["a list", "pads:\n  - id: a # keep\n    address: x\n"],
    ["a list in one line", "pads: [{id: a, address: x}]\n"],
  ])("are added to %s, and nothing else is lost", (_, text) => {
    const before = (parse(text) ?? {}) as { pads?: object[] };
    const saved = withPads(text, [ENTRY]) ?? "";
    expect(parse(saved)).toEqual({ ...before, pads: [...(before.pads ?? []), ENTRY] });
    for (const comment of text.match(/#.*/g) ?? []) expect(saved).toContain(comment);
  });

  it.each(["pads: 5\n", "- a\n", "text\n", "a: [\n"])("leave %j alone", (text) => {
    expect(withPads(text, [ENTRY])).toBeNull();
  });
});
