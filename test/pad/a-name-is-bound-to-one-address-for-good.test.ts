import { describe, expect, it } from "vitest";
import { NO_FAULTS } from "../../src/domain/faults.js";
import { ADDRESS, codes, ON, padRig, type RigOptions } from "../support/pad-rig.js";

const NEIGHBOUR = "57:4c:4e:00:99:99";
const other = (name: string) => ({ address: NEIGHBOUR, name, model: "c2", faults: NO_FAULTS }) as const;
const byName = (options: RigOptions = {}): RigOptions => ({
  settings: { address: null, advertisedName: "ks-blc2" },
  ...options,
});

describe("a pad that is given by its name (safety rule 11)", () => {
  it("is bound to the one that advertises it, whatever the case, and stays bound", async () => {
    const rig = padRig(byName());
    await rig.online();
    expect(rig.pad.view().identity.bound).toEqual({ name: "ks-blc2", address: ADDRESS });
    expect(rig.clock.now()).toBeGreaterThanOrEqual(3_000);

    const bound = padRig(byName({ identity: rig.identities.get("office")!, others: [other("KS-BLC2")] }));
    expect(await bound.online()).toBeLessThan(3_000);
    expect(bound.state().problem).toBe(null);
    expect(await rig.close()).toBe(0);
    expect(await bound.close()).toBe(0);
  });

  it("is not connected while two advertise it: one could be the neighbour's", async () => {
    const rig = padRig(byName({ others: [other("KS-BLC2")] }));
    rig.pad.start();
    await rig.clock.until(() => rig.state().problem === "ambiguous-name", 5_000);
    await rig.clock.advance(120_000);
    expect(rig.state()).toMatchObject({ link: "scanning", problem: "ambiguous-name" });
    expect(rig.pad.view().counters.connects).toBe(0);
    expect(rig.pad.view().identity.bound).toBe(null);
    expect(codes(rig.send(ON))).toEqual(["not-connected"]);
    // The other one is gone, and has been for long enough.
    rig.radio.outOfRange(NEIGHBOUR, true);
    await rig.clock.until(() => rig.pad.view().available, 40_000);
    expect(rig.pad.view().identity.bound?.address).toBe(ADDRESS);
    expect(rig.state().problem).toBe(null);
    expect(await rig.close()).toBe(0);
  });

  it("is not bound to the first advertiser after the scan has paused for another pad's connect", async () => {
    const rig = padRig(byName({ others: [other("KS-BLC2")] }));
    rig.pad.start();
    await rig.clock.until(() => rig.state().problem === "ambiguous-name", 5_000);
    for (const address of [ADDRESS, NEIGHBOUR]) rig.radio.outOfRange(address, true);
    await rig.clock.advance(60_000);
    rig.radio.outOfRange(NEIGHBOUR, false);
    await rig.clock.advance(2_000);
    rig.radio.outOfRange(ADDRESS, false);
    await rig.clock.advance(60_000);
    expect(rig.pad.view().identity.bound).toBe(null);
    expect(await rig.close()).toBe(0);
  });

  it("is never bound to another pad's address, which has the same name: it would move that belt", async () => {
    const settings = { address: null, advertisedName: "ks-blc2", taken: [NEIGHBOUR] };
    const rig = padRig({ settings, others: [other("KS-BLC2")] });
    rig.radio.outOfRange(ADDRESS, true);
    rig.pad.start();
    await rig.clock.advance(60_000);
    expect(rig.pad.view()).toMatchObject({ identity: { bound: null }, counters: { connects: 0 } });
    expect(rig.state().problem).toBe(null);
    rig.radio.outOfRange(ADDRESS, false);
    await rig.clock.until(() => rig.pad.view().available, 10_000);
    expect(rig.pad.view().identity.bound?.address).toBe(ADDRESS);
    expect(await rig.close()).toBe(0);
  });

  it("gives up a bound address that the config gives to another pad", async () => {
    const identity = {
      bound: { name: "ks-blc2", address: NEIGHBOUR },
      protocol: null,
      model: null,
      capabilities: null,
    };
    const settings = { address: null, advertisedName: "ks-blc2", taken: [NEIGHBOUR] };
    const rig = padRig({ settings, identity, others: [other("KS-BLC2")] });
    await rig.online();
    expect(rig.pad.view().identity.bound).toEqual({ name: "ks-blc2", address: ADDRESS });
    expect(await rig.close()).toBe(0);
  });

  it("matches no other name", async () => {
    const rig = padRig(byName({ name: "KS-BLC2-X", others: [other("KS-BLC")] }));
    rig.pad.start();
    await rig.clock.advance(30_000);
    expect(rig.state()).toMatchObject({ link: "scanning", problem: null });
    expect(rig.pad.view().counters.connects).toBe(0);
    expect(await rig.close()).toBe(0);
  });

  it("is bound again when the config names another", async () => {
    const identity = {
      bound: { name: "old", address: NEIGHBOUR },
      protocol: null,
      model: null,
      capabilities: null,
    };
    const rig = padRig(byName({ identity, others: [other("old")] }));
    await rig.online();
    expect(rig.pad.view().identity.bound).toEqual({ name: "ks-blc2", address: ADDRESS });
    expect(await rig.close()).toBe(0);
  });
});
