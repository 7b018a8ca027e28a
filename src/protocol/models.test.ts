import { describe, expect, it } from "vitest";
import { kmh } from "../domain/units.js";
import { modelFor, recogniseByName } from "./models.js";

describe("recogniseByName", () => {
  // Every name of wire-facts d, its stars filled in.
  it.each([
    ["WalkingPad", "wilink", "A1/P1"],
    ["walkingpad-1234", "wilink", "A1/P1"],
    ["KS-ST-A1P123", "wilink", "A1 Pro"],
    ["KS-BLC2", "wilink", "C2"],
    ["ks-blc2 ", "wilink", "C2"],
    ["KS-BLCX", "wilink", "C2"],
    ["KS-BDC2", "wilink", "C2"],
    ["RE", "wilink", "R1"],
    ["RE ", "wilink", "R1"],
    [" KS-X21", "kingsmith-text", "X21"],
    ["R1 PRO", "wilink", "R1 Pro"],
    ["KINGSMITH-1", "wilink", "R1 Pro"],
    ["KS-BLR2", "wilink", "R2 Pro"],
    ["KS-SC-BLR2C1", "wilink", "R2 Pro"],
    ["KS-S1", "wilink", "S1"],
    ["KS-F0", "wilink", "F0"],
    ["DYNAMAX R1", "wilink", "Dynamax"],
    ["KS-H1", "wilink", "KingSmith"],
    ["KS-HC-XYZ", "wilink", "KingSmith"],
    ["KS-TM-H1", "wilink", "KingSmith"],
    ["KS-K9", "kingsmith-text", "K9"],
    ["KS-K20S", "ftms", "K20S"],
    ["KS-HD-Z1D", "ftms", "Z1"],
    ["KS-MC21-D06BFD", "ftms", "MC21"],
    ["KS-SMC21C-1", "ftms", "MC21"],
    ["ZP-ZEALR1-1", "ftms", "MC21"],
    ["KS-AP-1", "ftms", "MC11"],
    ["KS-MC11-1", "ftms", "MC11"],
    ["KS-NG-1", "ftms", "X218"],
    ["KS-ESP-1", "ftms", "KingSmith FTMS"],
    ["KS-C2-1", "kingsmith-text", "C2"],
    ["SPERAX_RM-01", "ftms", "Sperax RM-01"],
    ["TM11GY", "ftms", "TM11GY"],
    ["CITYSPORTS-LINKER1", "ftms", "CitySports Linker"],
    ["MOBVOI TM FIT", "ftms", "Mobvoi"],
    ["Mobvoi WMTP1", "ftms", "Mobvoi"],
    ["FS-1234", "ftms", "FitShow"],
    ["URTM041", "ftms", "FTMS treadmill"],
    ["MRK-T1", "ftms", "FTMS treadmill"],
    ["SF-T4400", "ftms", "FTMS treadmill"],
    ["WELLFIT TM1", "ftms", "FTMS treadmill"],
    ["SWALK LITE-1", "ftms", "FTMS treadmill"],
    ["YPOO-MINI PRO-1", "ftms", "YPOO Mini Pro"],
    ["KS-R1AC1", "kingsmith-text", "R2"],
    ["KS-HC-R1AA1", "kingsmith-text", "R2"],
    ["KS-HC-R1AC1", "kingsmith-text", "R2"],
    ["KS-X21", "kingsmith-text", "X21"],
    ["KS-HDSC-X21C1", "kingsmith-text", "X21"],
    ["KS-HDSY-X21C1", "kingsmith-text", "X21"],
    ["KS-NACH-X21C1", "kingsmith-text", "X21"],
    ["KS-NGCH-X21C1", "kingsmith-text", "X21"],
    ["KS-NACH-MXG1", "kingsmith-text", "X23"],
    ["KS-NGCH-G1C1", "kingsmith-text", "G1"],
    ["KS-ST-K12PRO1", "kingsmith-text", "K12 Pro"],
    ["PitPat-T01", "pitpat", "PitPat"],
    ["PITPAT-T02", "pitpat", "PitPat"],
    ["BA10-B", "pitpat", "BA10-B"],
    ["DeerRun Q1", "pitpat", "DeerRun"],
    ["SUPERUN-BA04", "pitpat", "Superun"],
    ["SPERAX_P3MAX1", "sperax", "Sperax P3 Max"],
    ["SPERAX_RM01", "sperax", "Sperax RM-01"],
    ["SPERAX_RM-02", "sperax", "Sperax RM-02"],
    ["SPERAX_RM02", "sperax", "Sperax RM-02"],
    ["LifeSpan-TM-2", "unsupported", "LifeSpan"],
    ["JFTM T202", "ftms", "JFTM T202"],
    ["Therun T15", "ftms", "Therun T15"],
  ])("%s is %s %s", (name, protocol, model) => {
    expect(recogniseByName(name)).toEqual({ protocol, model });
  });

  it.each(["", "REMOTE", "BAND 5", "xKS-BLC2", "KS-S12", "KS-", "TM11", "SPERAX"])(
    "%j is nobody's",
    (name) => {
      expect(recogniseByName(name)).toBeNull();
    },
  );
});

describe("modelFor", () => {
  it.each([
    ["wilink", "WalkingPad", 0.5, 6],
    ["wilink", "KS-BLC2", 0.5, 6],
    ["wilink", "KS-S1", 0.5, 6],
    ["wilink", "KS-F0", 0.5, 7.5],
    ["wilink", "RE", 0.5, 10],
    ["wilink", "R1 PRO", 0.5, 10],
    ["wilink", "KS-BLR2", 0.5, 12],
    ["wilink", "something new", 0.5, 6],
    ["ftms", "KS-HD-Z1D", 1.6, 6.4],
    ["ftms", "KS-MC21-1", 0.5, 10],
    ["ftms", "KS-AP-1", 1, 12],
    ["ftms", null, 1, 6],
    ["kingsmith-text", "KS-C2", 0.5, 6],
    ["kingsmith-text", "KS-R1AC", 0.5, 12],
    ["kingsmith-text", "KS-NACH-X21C", 0.5, 12],
    ["pitpat", "BA10-B", 1.5, 6],
    ["pitpat", "PitPat-T01", 1, 6],
    ["pitpat", null, 1, 6],
    ["sperax", "SPERAX_P3MAX", 0.5, 12],
    ["sperax", "SPERAX_RM-01", 0.5, 6],
    ["sperax", null, 0.5, 6],
  ] as const)("%s %s walks at %d to %d km/h until it reports otherwise", (protocol, name, min, max) => {
    const { defaults } = modelFor(protocol, name);
    expect([kmh(defaults.minSpeed), kmh(defaults.maxSpeed), kmh(defaults.step)]).toEqual([min, max, 0.1]);
  });

  it("goes by the protocol the pad was found to speak, whatever its name suggests", () => {
    expect(modelFor("ftms", "KS-BLC2").name).toBe("FTMS treadmill");
    expect(modelFor("wilink", "TM11GY").name).toBe("WiLink treadmill");
    expect(modelFor("wilink", null).protocol).toBe("wilink");
  });

  it("has the three modes on WiLink only", () => {
    expect(modelFor("wilink", null).defaults.modes).toEqual(["manual", "auto", "standby"]);
    expect(modelFor("ftms", null).defaults.modes).toEqual([]);
  });

  it("keeps the observed quirks", () => {
    const handshakes = ["WalkingPad", "R1 PRO", "RE", "KS-S1"].map(
      (name) => modelFor("wilink", name).quirks.handshake,
    );
    expect(handshakes).toEqual([0, 1, 2, 2]);
    expect(modelFor("wilink", "KS-ST-A1P1").quirks.manualFirst).toBe(true);
    expect(modelFor("wilink", "WalkingPad").quirks).toMatchObject({ manualFirst: false, startToggles: true });
    expect(modelFor("ftms", "TM11GY")).toMatchObject({
      defaults: { imperial: true },
      quirks: { startToggles: true },
    });
    expect(modelFor("ftms", "KS-HD-Z1D").quirks).toMatchObject({ poll: null, startToggles: false });
  });

  it("keeps what is special about a machine's FTMS, and has nothing of it on WiLink", () => {
    const plain = { preamble: null, indicates: true, unlock: false };
    const kingsmith = [0x01, 0x00, 0x0d, 0x00, 0x06, 0x0b, 0x0f, 0x0d];
    const ypoo = [0x01, 0x00, 0x00, 0x03, 0x08, 0x00, 0x02, 0x09];
    const quirks = [null, "KS-HD-Z1D", "KS-MC21-1", "ZP-ZEALR1-1", "YPOO-MINI PRO-1", "TM11GY"].map(
      (name) => modelFor("ftms", name).quirks.ftms,
    );
    expect(quirks).toEqual([
      plain,
      { ...plain, unlock: true },
      { ...plain, preamble: kingsmith, indicates: false },
      { ...plain, preamble: kingsmith, indicates: false },
      { ...plain, preamble: ypoo },
      plain,
    ]);
    expect(modelFor("wilink", "KS-BLC2").quirks.ftms).toBeNull();
  });
});
