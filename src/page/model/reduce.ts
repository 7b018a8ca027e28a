import type { PageEvents } from "../../api/page.js";
import type { Action } from "./action.js";
import { isAtRest, serverNow } from "./belt.js";
import { reduceHistory } from "./reduce-history.js";
import type { Control, PadModel, Requests, State } from "./state.js";
import { NO_TRACE, traced, withSamples } from "./trace.js";

const changePad = (state: State, id: string, change: (pad: PadModel) => PadModel): State =>
  state.pads === null
    ? state
    : { ...state, pads: state.pads.map((pad) => (pad.about.id === id ? change(pad) : pad)) };

const changeRequests = (
  state: State,
  pad: string | null,
  change: (requests: Requests) => Partial<Requests>,
): State =>
  pad === null
    ? { ...state, all: { ...state.all, ...change(state.all) } }
    : changePad(state, pad, (model) => ({ ...model, ...change(model) }));

const newPad = (about: PadModel["about"]): PadModel => ({
  about,
  online: false,
  state: null,
  stats: null,
  restSince: null,
  lastSpeed: null,
  asked: {},
  refused: {},
  trace: NO_TRACE,
});

/**
 * The text without control characters, those of writing direction included, which could hide it or reorder the text
 * around it.
 */
const plain = (name: string): string => name.replace(/[\p{Cc}\p{Cf}]/gu, "").trim();

const withPads = (state: State, list: PageEvents["pads"]): State => {
  const pads = list.map((given) => {
    const about = { ...given, name: plain(given.name) || given.id };
    const known = state.pads?.find((pad) => pad.about.id === about.id);
    return known ? { ...known, about } : newPad(about);
  });
  const selected = pads.some(({ about }) => about.id === state.selected) ? state.selected : null;
  return { ...state, pads, selected: selected ?? pads[0]?.about.id ?? null };
};

const withState = (state: State, { pad: id, ...told }: PageEvents["state"], now: number): State =>
  changePad(state, id, (pad) => {
    const next: PadModel = { ...pad, state: told, lastSpeed: told.speed ?? pad.lastSpeed };
    const at = serverNow(state, now);
    return {
      ...next,
      restSince: isAtRest(next) ? (pad.restSince ?? now) : null,
      trace: at === null ? pad.trace : traced(pad.trace, at / 1000, told),
    };
  });

/** Sets the bridge's clock; each pad's chart continues up to now. */
const withPing = (state: State, { at }: PageEvents["ping"], now: number): State => ({
  ...state,
  connection: "open",
  refusal: null,
  clock: { at: Date.parse(at), seen: now },
  pads:
    state.pads?.map((pad) => ({ ...pad, trace: traced(pad.trace, Date.parse(at) / 1000, pad.state) })) ??
    null,
});

/** All states become unknown, and no pending request will get a reply: only a stop is sent again. */
const lost = (state: State, refusal: string | null): State => ({
  ...state,
  connection: "lost",
  refusal,
  clock: null,
  scan: state.scan.status === "loading" ? { status: "idle" } : state.scan,
  pads:
    state.pads?.map((pad) => ({
      ...pad,
      online: false,
      restSince: null,
      asked: pad.asked.stop ? { stop: pad.asked.stop } : {},
    })) ?? null,
});

const without = <T>(
  record: Readonly<Partial<Record<Control, T>>>,
  control: Control,
): Readonly<Partial<Record<Control, T>>> => {
  const rest = Object.entries(record).filter(([key]) => key !== control);
  return Object.fromEntries(rest);
};

const answered = (state: State, { pad, control, id, refusal }: Action & { type: "answered" }): State =>
  changeRequests(state, pad, ({ asked, refused }) =>
    // The result of an older request does not apply to the newer one.
    asked[control]?.id !== id
      ? {}
      : {
          asked: without(asked, control),
          refused: refusal === null ? without(refused, control) : { ...refused, [control]: refusal },
        },
  );

/** The page's state after `action`, at a monotonic time in milliseconds. */
export const reduce = (state: State, action: Action, now: number): State => {
  switch (action.type) {
    case "ping":
      return withPing(state, action.data, now);
    case "bridge":
      return { ...state, bridge: action.data, notice: action.data.state === "online" ? null : state.notice };
    case "info":
      return { ...state, info: action.data };
    case "pads":
      return withPads(state, action.data);
    case "availability":
      return changePad(state, action.data.pad, (pad) => ({ ...pad, online: action.data.state === "online" }));
    case "state":
      return withState(state, action.data, now);
    case "stats": {
      const { pad: id, ...stats } = action.data;
      return changePad(state, id, (pad) => ({ ...pad, stats }));
    }
    case "event":
      return state;
    case "lost":
      return lost(state, action.refusal);
    case "select":
      return { ...state, selected: action.pad };
    case "view":
      return { ...state, view: action.view };
    case "asked":
      return changeRequests(state, action.pad, ({ asked, refused }) => ({
        asked: { ...asked, [action.control]: { id: action.id, value: action.value, undelivered: false } },
        refused: without(refused, action.control),
      }));
    case "undelivered":
      return changeRequests(state, action.pad, ({ asked }) => {
        const one = asked[action.control];
        return one?.id === action.id
          ? { asked: { ...asked, [action.control]: { ...one, undelivered: true } } }
          : {};
      });
    case "answered":
      return answered(state, action);
    case "dismiss":
      return changeRequests(state, action.pad, ({ refused }) => ({
        refused: without(refused, action.control),
      }));
    case "recorded":
      return changePad(state, action.pad, (pad) => ({
        ...pad,
        trace: withSamples(pad.trace, action.samples),
      }));
    case "scan":
      return { ...state, scan: action.scan };
    case "added":
      return { ...state, added: action.added };
    case "dialog":
      return { ...state, dialog: action.dialog };
    case "notice":
      return { ...state, notice: action.notice };
    case "preferences":
      return { ...state, preferences: action.preferences };
    case "systemDark":
      return { ...state, systemDark: action.dark };
    default:
      return { ...state, history: reduceHistory(state.history, action) };
  }
};
