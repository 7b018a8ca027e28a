import { describe, expect, it } from "vitest";
import type { PadPayload, StatePayload, StatsPayload } from "../../api/page.js";
import { connectionBanner } from "./banner.js";
import { courseOf } from "./course.js";
import { type KeyPress, keyAction } from "./keys.js";
import type { Action } from "./action.js";
import { reduce } from "./reduce.js";
import { initialState, type State } from "./state.js";

const ABOUT: PadPayload = {
  id: "office",
  name: "Office",
  model: "C2",
  protocol: "wilink",
  capabilities: null,
  presets: [2],
};
const REST: StatePayload = {
  belt: "idle",
  running: "OFF",
  moving: "OFF",
  mode: "manual",
  speed: 0,
  target_speed: null,
  incline: null,
  heart_rate: null,
  link: "ready",
  stop_confirmed: true,
  problem: null,
  protocol: "wilink",
  model: "C2",
  rssi: -60,
  last_status_at: null,
};
const RUNNING: Partial<StatePayload> = { belt: "running", speed: 3.5, target_speed: 3.5 };
const NOTHING = { distance: 0, duration: 0, steps: 0, calories: 0, sessions: 0 };
const statsWith = (state: "active" | "paused" | "ended"): StatsPayload => ({
  session: {
    id: "w",
    state,
    started_at: null,
    ended_at: null,
    distance: 1,
    duration: 1,
    steps: 1,
    calories: 1,
    calories_source: "pad",
    average_speed: null,
    max_speed: 1,
  },
  today: NOTHING,
  total: NOTHING,
  goals: { distance: null, steps: null, duration: null, calories: null },
});

const after = (actions: readonly Action[], now = 0, from?: State): State =>
  actions.reduce(
    (state, action) => reduce(state, action, now),
    from ?? initialState({ theme: "system", units: "km", keys: true }, false),
  );
const ping: Action = { type: "ping", data: { at: "2026-11-22T10:00:00.000Z" } };
const online: Action = { type: "bridge", data: { state: "online" } };
const told = (change: Partial<StatePayload> = {}, pad = "office"): Action => ({
  type: "state",
  data: { pad, ...REST, ...change },
});
const picture = (
  change: Partial<StatePayload> = {},
  session: "active" | "paused" | "ended" = "paused",
): State =>
  after([
    ping,
    online,
    { type: "pads", data: [ABOUT, { ...ABOUT, id: "gym" }] },
    { type: "availability", data: { pad: "office", state: "online" } },
    told(change),
    told({}, "gym"),
    { type: "stats", data: { pad: "office", ...statsWith(session) } },
  ]);
const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({
  key,
  repeat: false,
  modified: false,
  focus: "page",
  inDialog: false,
  ...more,
});
const LATER = 60_000;

describe("Space", () => {
  it.each<[string, Partial<KeyPress>]>([
    ["on the page", {}],
    ["on a button", { focus: "control" }],
    ["on a radio button", { focus: "arrows" }],
    ["in a dialog", { inDialog: true }],
  ])("stops a moving belt, %s", (_, where) => {
    expect(keyAction(picture(RUNNING), press(" ", where), LATER, null)).toEqual({
      type: "stop",
      pads: ["office"],
    });
  });

  it.each<Partial<StatePayload>>([
    { belt: "starting" },
    { belt: "stopping", speed: 1, stop_confirmed: false },
    { belt: "idle", stop_confirmed: false },
    { belt: "unknown", speed: null, stop_confirmed: false },
  ])("stops whatever is not proved at rest: %o", (change) => {
    expect(keyAction(picture(change), press(" "), LATER, null)).toMatchObject({ type: "stop" });
  });

  it("stops the other pad where only that one moves, and resumes nothing meanwhile", () => {
    const state = after([told(RUNNING, "gym")], 0, picture());
    expect(keyAction(state, press(" "), LATER, null)).toEqual({ type: "stop", pads: ["gym"] });
  });

  it("stops every pad before the page has received the pads", () => {
    expect(keyAction(after([]), press(" "), LATER, null)).toEqual({ type: "stop", pads: [null] });
  });

  it("resumes a paused walk, and only that", () => {
    expect(keyAction(picture(), press(" "), LATER, null)).toEqual({ type: "resume", pad: "office" });
    expect(keyAction(picture({}, "ended"), press(" "), LATER, null)).toBeNull();
    expect(keyAction(picture({}, "active"), press(" "), LATER, null)).toBeNull();
  });

  it.each<[string, Partial<KeyPress>]>([
    ["held down", { repeat: true }],
    ["on a button", { focus: "control" }],
    ["in a text", { focus: "text" }],
    ["in a dialog", { inDialog: true }],
    ["with Ctrl", { modified: true }],
  ])("resumes nothing when %s", (_, where) => {
    expect(keyAction(picture(), press(" ", where), LATER, null)).toBeNull();
  });

  it("does not start a belt again under who hammers on it until it rests", () => {
    expect(keyAction(picture(), press(" "), 500, null)).toEqual({ type: "wait" });
    expect(keyAction(picture(), press(" "), LATER, LATER - 500)).toEqual({ type: "wait" });
  });

  it("resumes nothing while the connection is lost or the bridge stops", () => {
    const lost = after([{ type: "lost", refusal: null }], 0, picture());
    expect(keyAction(lost, press(" "), LATER, null)).toBeNull();
    const stopping = after([{ type: "bridge", data: { state: "stopping" } }], 0, picture());
    expect(keyAction(stopping, press(" "), LATER, null)).toBeNull();
  });
});

describe("arrows, + and -", () => {
  it("change the speed of a running belt alone, one step a stroke", () => {
    expect(keyAction(picture(RUNNING), press("ArrowUp"), 0, null)).toEqual({ type: "faster", pad: "office" });
    expect(keyAction(picture(RUNNING), press("-"), 0, null)).toEqual({ type: "slower", pad: "office" });
    expect(keyAction(picture(RUNNING), press("ArrowUp", { repeat: true }), 0, null)).toBeNull();
    expect(keyAction(picture(RUNNING), press("ArrowUp", { focus: "arrows" }), 0, null)).toBeNull();
    expect(keyAction(picture(), press("ArrowUp"), 0, null)).toBeNull();
  });

  it("do nothing to a pad that can only be watched; Space still requests a stop", () => {
    const capabilities = {
      ...{ min_speed: 1, max_speed: 6, speed_step: 0.1, modes: [], incline: null },
      ...{ heart_rate: false, steps: false, imperial: false, control: false },
    };
    const pads: Action = { type: "pads", data: [{ ...ABOUT, capabilities }] };
    const watched = after([pads, told(RUNNING)], 0, picture(RUNNING));
    expect(keyAction(watched, press("+"), LATER, null)).toBeNull();
    expect(keyAction(watched, press(" "), LATER, null)).toMatchObject({ type: "stop" });
    const rested = after([pads], 0, picture());
    expect(keyAction(rested, press(" "), LATER, null)).toBeNull();
  });

  it("can be switched off", () => {
    const state = after(
      [{ type: "preferences", preferences: { theme: "system", units: "km", keys: false } }],
      0,
      picture(RUNNING),
    );
    expect(keyAction(state, press("+"), 0, null)).toBeNull();
    expect(keyAction(state, press(" "), 0, null)).toMatchObject({ type: "stop" });
  });
});

describe("the state", () => {
  const asked = (id: number): Action => ({ type: "asked", pad: "office", control: "speed", id, value: 4 });

  it("keeps the newer request when the older one is answered", () => {
    const answer: Action = { type: "answered", pad: "office", control: "speed", id: 1, refusal: "no" };
    const pad = after([asked(1), asked(2), answer], 0, picture(RUNNING)).pads?.[0];
    expect(pad?.asked.speed?.id).toBe(2);
    expect(pad?.refused.speed).toBeUndefined();
  });

  it("shows the sentence of a refusal, and the control goes back", () => {
    const answer: Action = { type: "answered", pad: "office", control: "speed", id: 1, refusal: "Too fast." };
    const pad = after([asked(1), answer], 0, picture(RUNNING)).pads?.[0];
    expect(pad?.asked.speed).toBeUndefined();
    expect(pad?.refused.speed).toBe("Too fast.");
  });

  it("believes no pad and waits for no answer but a stop's once the connection is lost", () => {
    const stop: Action = { type: "asked", pad: "office", control: "stop", id: 2, value: null };
    const pad = after([asked(1), stop, { type: "lost", refusal: null }], 0, picture(RUNNING)).pads?.[0];
    expect(pad).toMatchObject({ online: false, restSince: null });
    expect(Object.keys(pad?.asked ?? {})).toEqual(["stop"]);
  });

  it("takes what turns or hides text out of a name, and leaves HTML as text", () => {
    const name = "\u202Egnp<img src=x onerror=alert(1)>\u0007";
    const state = after([{ type: "pads", data: [{ ...ABOUT, name }] }]);
    expect(state.pads?.[0]?.about.name).toBe("gnp<img src=x onerror=alert(1)>");
  });
});

describe("the banner", () => {
  const textOf = (state: State): string | undefined => connectionBanner(state)?.text;
  const offline = (belt: "rest" | "falling" | "moving"): Action => ({
    type: "bridge",
    data: { state: "offline", belts: [{ pad: "office", belt }] },
  });

  it("has a sentence for every state of the connection", () => {
    expect(textOf(after([]))).toBe("Connecting to the bridge …");
    expect(textOf(picture())).toBeUndefined();
    expect(textOf(after([{ type: "bridge", data: { state: "stopping" } }], 0, picture(RUNNING)))).toBe(
      "The bridge is stopping. The belt is brought to rest first.",
    );
    expect(textOf(after([offline("rest"), { type: "lost", refusal: null }], 0, picture()))).toBe(
      "The bridge has ended. The belt is at rest. You may close this window.",
    );
    expect(textOf(after([offline("moving")], 0, picture()))).toMatch(
      /Office: the belt is not confirmed stopped/,
    );
    expect(textOf(after([offline("falling")], 0, picture()))).toMatch(/still slowing down/);
    expect(textOf(after([{ type: "lost", refusal: null }], 0, picture()))).toMatch(
      /This page can neither show nor stop the belt. Use the pad's remote\.$/,
    );
  });

  it("shows the speed of each belt that still moves, and of no other", () => {
    const slowing: readonly Action[] = [
      told({ belt: "stopping", speed: 2.5, stop_confirmed: false }),
      told({ belt: "stopping", speed: 0, stop_confirmed: false }, "gym"),
      { type: "bridge", data: { state: "stopping" } },
    ];
    const falling = (more: readonly Action[]): readonly string[] | undefined =>
      connectionBanner(after([...slowing, ...more], 0, picture()))?.falling.map(({ about }) => about.id);
    expect(falling([])).toEqual(["office"]);
    expect(falling([told({ belt: "unknown", speed: null, stop_confirmed: false }, "gym")])).toEqual([
      "office",
      "gym",
    ]);
  });

  it("is gone when the bridge is back", () => {
    expect(
      textOf(after([offline("rest"), { type: "lost", refusal: null }, ping, online], 0, picture())),
    ).toBeUndefined();
  });
});

it("a pause is a gap after a sample at speed 0", () => {
  const sample = (second: number, speed: number) => ({
    at: new Date(second * 1000).toISOString(),
    speed,
    distance: 0,
    steps: 0,
    calories: 0,
    heart_rate: null,
    incline: null,
  });
  const course = courseOf([sample(1, 3), sample(20, 3), sample(21, 0), sample(60, 1)]);
  expect(course.pauses).toEqual([[21, 60]]);
  expect(course.points.map((point) => point?.speed ?? null)).toEqual([3, 3, 0, null, 1]);
});
