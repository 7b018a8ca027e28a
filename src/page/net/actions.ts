import type { AddPadRequest, SetRequest } from "../../api/page.js";
import type { Address } from "../address.js";
import { monotonic } from "../clock.js";
import { canSetSpeed, canStart, isPaused, serverNow } from "../model/belt.js";
import type { Control, PadModel, Preferences, State } from "../model/state.js";
import { TEXT } from "../text.js";
import { savePreferences } from "../preferences.js";
import type { Store } from "../store.js";
import { createAsk } from "./ask.js";
import { historyActions } from "./history-actions.js";
import { loaded, postEnd, postPad, postScan } from "./requests.js";

const SCAN_SECONDS = 6;
/** A tap that was aimed at the previous control must not hit a Start that has just appeared. */
const START_AFTER_REST_MS = 700;

/** All actions of the user. Each function returns at once; its result appears in the state. */
export type Actions = ReturnType<typeof createActions>;

const padOf = (state: State, id: string): PadModel | null =>
  state.pads?.find(({ about }) => about.id === id) ?? null;

const controlActions = (store: Store) => {
  const ask = createAsk(store);
  /** The time of the press by the bridge's clock: a delayed request must not start a belt late. */
  const stamped = (body: SetRequest): SetRequest | null => {
    const now = serverNow(store.state, monotonic());
    return now === null ? null : { ...body, at: new Date(now).toISOString() };
  };
  const askStamped = (pad: string, control: Control, body: SetRequest, value: number | null): void => {
    const request = stamped(body);
    if (request !== null) void ask(pad, control, request, value);
  };
  const setSpeed = (id: string, body: SetRequest, value: number): void => {
    const pad = padOf(store.state, id);
    if (pad !== null && canSetSpeed(store.state, pad)) askStamped(id, "speed", body, value);
  };

  return {
    /** Always sent, whatever the page's state. `null`: every pad. */
    stop: (pad: string | null): void => void ask(pad, "stop", { belt: "OFF" }, null),
    endWalk: (pad: string): void => void ask(pad, "stop", { command: "stop" }, null),
    /** False where it came too early, and nothing was sent. */
    start: (id: string): boolean => {
      const pad = padOf(store.state, id);
      if (pad === null || !canStart(store.state, pad) || pad.asked.start) return false;
      if (pad.restSince === null || monotonic() - pad.restSince < START_AFTER_REST_MS) return false;
      askStamped(id, "start", { command: isPaused(pad) ? "resume" : "start" }, null);
      return true;
    },
    /** One step up or down. The bridge knows the present speed. */
    step: (id: string, command: "faster" | "slower"): void => {
      const pad = padOf(store.state, id);
      const from = pad?.asked.speed?.value ?? pad?.state?.target_speed ?? pad?.state?.speed ?? 0;
      setSpeed(id, { command }, from + (command === "faster" ? 0.5 : -0.5));
    },
    preset: (id: string, speed: number): void => setSpeed(id, { speed }, speed),
    incline: (id: string, incline: number): void => askStamped(id, "incline", { incline }, incline),
    dismiss: (pad: string | null, control: Control): void =>
      store.dispatch({ type: "dismiss", pad, control }),
    select: (pad: string): void => store.dispatch({ type: "select", pad }),
  };
};

const bridgeActions = (store: Store) => ({
  scan: async (): Promise<void> => {
    store.dispatch({ type: "scan", scan: { status: "loading" } });
    store.dispatch({ type: "scan", scan: await loaded(postScan(SCAN_SECONDS)) });
  },
  addPad: async (pad: AddPadRequest): Promise<void> => {
    store.dispatch({ type: "added", added: { status: "loading" } });
    const added = await loaded(postPad(pad));
    store.dispatch({
      type: "added",
      added: added.status === "ready" ? { status: "ready", value: added.value.file } : added,
    });
  },
  ask: (dialog: State["dialog"]): void => store.dispatch({ type: "dialog", dialog }),
  end: async (verb: "restart" | "shutdown"): Promise<void> => {
    store.dispatch({ type: "dialog", dialog: null });
    const answer = await loaded(postEnd(verb));
    const notice =
      answer.status === "failed"
        ? answer.message
        : answer.status === "ready"
          ? TEXT.end[verb].after(answer.value.terminal)
          : null;
    store.dispatch({ type: "notice", notice });
  },
  notice: (notice: string | null): void => store.dispatch({ type: "notice", notice }),
  prefer: (change: Partial<Preferences>): void => {
    const preferences = { ...store.state.preferences, ...change };
    savePreferences(preferences);
    store.dispatch({ type: "preferences", preferences });
  },
});

export const createActions = (store: Store, address: Address) => ({
  ...controlActions(store),
  ...historyActions(store, address),
  ...bridgeActions(store),
});
