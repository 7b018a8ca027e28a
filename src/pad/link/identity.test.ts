import { describe, expect, it } from "vitest";
import { quiet } from "../../../test/support/pad-rig.js";
import { canControl } from "../../domain/capabilities.js";
import type { PadSettings } from "../../domain/pad.js";
import { modelFor } from "../../protocol/models.js";
import { decodeIdentity } from "../../store/validators.js";
import { type Identity, IdentityTracker, noIdentity } from "./identity.js";

const SETTINGS: PadSettings = {
  id: "office",
  name: "Office",
  address: "57:4c:4e:00:11:22",
  advertisedName: null,
  protocol: "auto",
  maxSpeed: null,
  minSpeed: null,
  startSpeed: null,
};

const known = (from: Identity = noIdentity) => {
  let kept = from;
  const tracker = new IdentityTracker(SETTINGS, {
    log: quiet,
    memory: { recall: () => kept, keep: (_, identity) => void (kept = identity) },
    machine: () => undefined,
    changed: () => undefined,
  });
  return { tracker, controls: () => canControl(tracker.identity.capabilities), kept: () => kept };
};

describe("control", () => {
  const text = modelFor("kingsmith-text", "KS-C2");
  const ftms = modelFor("ftms", null);

  it("is offered by a pad that has to prove its words once it has, and kept over restarts", () => {
    const first = known();
    expect(first.controls()).toBe(true);
    first.tracker.onConnected(text);
    first.tracker.onAccess("pending");
    expect(first.controls()).toBe(false);
    first.tracker.onAccess("full");
    expect(first.controls()).toBe(true);
    const next = known(decodeIdentity(JSON.stringify(first.kept())));
    next.tracker.onConnected(text);
    // A handshake that fails this time must not cost anybody his entities.
    for (const access of ["pending", "none"] as const) next.tracker.onAccess(access);
    expect(next.controls()).toBe(true);
  });

  it("is not offered by a pad whose words were never proven, nor after a restart", () => {
    const first = known();
    first.tracker.onConnected(text);
    for (const access of ["pending", "none"] as const) first.tracker.onAccess(access);
    const next = known(decodeIdentity(JSON.stringify(first.kept())));
    expect(next.controls()).toBe(false);
    next.tracker.onConnected(text);
    expect(next.controls()).toBe(false);
  });

  it("is not offered by a machine without a control point, and comes back with one", () => {
    const { tracker, controls } = known();
    tracker.onConnected(ftms);
    tracker.onAccess("none");
    tracker.onPreferences({ imperial: false, heartRate: true });
    expect(controls()).toBe(false);
    tracker.onAccess("full");
    expect(controls()).toBe(true);
  });

  it("teaches nothing of a machine that takes everything from the beginning", () => {
    const { tracker, kept } = known();
    tracker.onConnected(ftms);
    const before = kept();
    tracker.onAccess("full");
    expect(kept()).toBe(before);
  });
});
