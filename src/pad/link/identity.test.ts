import { describe, expect, it } from "vitest";
import { quiet, SETTINGS } from "../../../test/support/pad-rig.js";
import { canControl } from "../../domain/capabilities.js";
import { speedFromKmh } from "../../domain/units.js";
import { modelFor } from "../../protocol/models.js";
import { decodeIdentity } from "../../store/validators.js";
import { type Identity, noIdentity } from "../../domain/identity.js";
import { IdentityTracker } from "./identity.js";

const known = (from: Identity = noIdentity, settings = SETTINGS, log = quiet) => {
  let kept = from;
  const tracker = new IdentityTracker(settings, {
    log,
    memory: { recall: () => kept, keep: (_, identity) => void (kept = identity) },
    machine: () => undefined,
    changed: () => undefined,
  });
  return { tracker, controls: () => canControl(tracker.identity.capabilities), kept: () => kept };
};

describe("control", () => {
  const text = modelFor("kingsmith-text", "KS-C2");
  const ftms = modelFor("ftms", null);

  it("is offered by a pad that must prove its table once it has, and kept across restarts", () => {
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

  it("is not offered by a pad whose table was never proven, nor after a restart", () => {
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

describe("a max_speed below the machine's slowest speed", () => {
  it("is a configuration error with both numbers, logged once, after the machine has reported its limits", () => {
    const errors: [object, string][] = [];
    const log = { ...quiet, error: (fields: object, message: string) => void errors.push([fields, message]) };
    const { tracker } = known(noIdentity, { ...SETTINGS, maxSpeed: speedFromKmh(0.8) }, log);
    tracker.onConnected(modelFor("ftms", null));
    expect(errors).toEqual([]);
    const limits = { minSpeed: speedFromKmh(0.97), maxSpeed: speedFromKmh(6.44), imperial: false };
    for (let i = 0; i < 3; i++) tracker.onPreferences(limits);
    expect(errors).toEqual([
      [
        { minSpeed: 0.97, maxSpeed: 0.8 },
        expect.stringMatching(/Configuration error.*0\.8 km\/h.*0\.97 km\/h/),
      ],
    ]);
  });
});
