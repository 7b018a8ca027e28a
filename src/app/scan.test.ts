import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../test/support/clock.js";
import { parse } from "yaml";
import { readPads } from "../config/pads.js";
import { padsYaml } from "../config/save.js";
import { NO_FAULTS } from "../domain/faults.js";
import { padProposals, scanFor, classify, type FoundDevice } from "./scan.js";
import { simulatedRadio } from "../sim/radio.js";

const seen = (name: string | null, address: string, protocol: string | null = "wilink"): FoundDevice => ({
  name,
  address,
  rssi: -60,
  protocol,
  model: null,
});

describe("a scan", () => {
  it("lists pads, the nearest first, and ends after its time", async () => {
    const clock = new ManualClock();
    const pads = ["57:4c:4e:00:11:22", "57:4c:4e:00:11:33"].map((address) => ({
      address,
      name: null,
      model: "c2" as const,
      faults: NO_FAULTS,
    }));
    const radio = simulatedRadio(pads, { clock });
    const found = await clock.settled(scanFor(radio, clock, 2_000, new AbortController().signal));
    expect(clock.now()).toBeGreaterThanOrEqual(2_000);
    expect(found).toHaveLength(2);
    for (const one of found) expect(one).toMatchObject({ name: "KS-BLC2", protocol: "wilink", model: "C2" });
    expect(found[0]?.rssi ?? 0).toBeGreaterThanOrEqual(found[1]?.rssi ?? 0);
    await clock.settled(radio[Symbol.asyncDispose]());
    expect(clock.pending).toBe(0);
  });

  it.each([
    ["a name of the table", "R1 PRO", [], { protocol: "wilink", model: "R1 Pro" }],
    ["a service only", "Mystery", ["fe00"], { protocol: "wilink", model: null }],
    ["a pad that speaks something else", "LifeSpan-TM-2", [], { protocol: "unsupported", model: "LifeSpan" }],
    ["a Sperax by its name", "SPERAX_RM01", [], { protocol: "sperax", model: "Sperax RM-01" }],
    ["one that says nothing of its services", "SPERAX_RM01", ["fff0"], { protocol: "sperax" }],
    ["a Sperax with FTMS", "SPERAX_P3MAX", ["1826"], { protocol: "ftms", model: null }],
    ["a PitPat with FE00", "PitPat-T01", ["fba0", "fe00"], { protocol: "wilink", model: null }],
    ["a PitPat by its service", "T01", ["fba0"], { protocol: "pitpat", model: null }],
    ["nothing in services that many have", "Lamp", ["fff0", "ffff", "1234"], { protocol: null, model: null }],
    ["an X21 with FTMS", "KS-NACH-X21C", ["1826"], { protocol: "ftms", model: null }],
    ["an X21 without", "KS-NACH-X21C", [], { protocol: "kingsmith-text", model: "X21" }],
    ["anything else", "Toaster", ["180f"], { protocol: null, model: null }],
  ])("recognises %s", (_, name, services, expected) => {
    expect(classify({ address: "a", name, rssi: null, services })).toMatchObject(expected);
  });

  it("proposes what the loader reads again, whatever a pad calls itself", () => {
    const name = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom("KS\u001b[2J\r\nX", "\u202e", " ", "null", "0x10", "a: #b", "57:41:40:00:11:22"),
    );
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), (names) => {
        const found = names.map((one, index) => seen(one, `57:4c:4e:00:11:2${index}`));
        const proposed = padProposals(found, []);
        const read = readPads((parse(padsYaml(proposed)) as { pads: unknown[] }).pads);
        expect(read.findings).toEqual([]);
        expect(read.pads).toMatchObject(proposed);
        for (const one of proposed) expect(one.name).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      }),
    );
  });

  it("proposes entries with free, valid ids, for pads that are not configured", () => {
    const found = [
      seen("KS-BLC2", "1"),
      seen("KS-BLC2", "2"),
      seen("Brücke!", "3"),
      seen("bridge", "4"),
      seen(null, "5"),
      seen("mine", "6"),
      seen("KS-X21C", "7", "unsupported"),
      seen("Toaster", "8", null),
    ];
    const used = [
      { id: "ks-blc2", address: "9" },
      { id: "other", address: "6" },
    ];
    expect(padProposals(found, used).map(({ id, address }) => [id, address])).toEqual([
      ["ks-blc2-2", "1"],
      ["ks-blc2-3", "2"],
      ["br-cke", "3"],
      ["pad", "4"],
      ["pad-2", "5"],
    ]);
  });
});
