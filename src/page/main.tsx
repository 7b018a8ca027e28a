import { render } from "preact";
import { browserAddress } from "./address.js";
import { App } from "./components/app.js";
import { themeOf } from "./components/live-chart.js";
import { listenToKeys } from "./keyboard.js";
import { speedWithUnit } from "./format.js";
import { isLive, mayMove, selectedPad } from "./model/belt.js";
import { initialState, type State } from "./model/state.js";
import { createActions } from "./net/actions.js";
import { EventStream } from "./net/stream.js";
import { loadPreferences } from "./preferences.js";
import { Store } from "./store.js";
import { TEXT } from "./text.js";
import "uplot/dist/uPlot.min.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/layout.css";
import "./styles/walk.css";
import "./styles/history.css";
import "./styles/forced-colors.css";

const darkQuery = matchMedia("(prefers-color-scheme: dark)");
const store = new Store(initialState(loadPreferences(), darkQuery.matches));
const actions = createActions(store, browserAddress);

/** The title, for a tab in the background. */
const titleOf = (state: State): string => {
  const pad = selectedPad(state);
  const speed = pad !== null && isLive(state) && mayMove(pad) ? (pad.state?.speed ?? null) : null;
  return speed === null ? TEXT.title : `${speedWithUnit(speed, state.preferences.units)} – ${TEXT.title}`;
};

const show = (): void => {
  const { state } = store;
  document.documentElement.dataset["theme"] = themeOf(state);
  document.title = titleOf(state);
  const root = document.getElementById("page");
  if (root !== null) render(<App state={state} actions={actions} />, root);
};

/** A session is stored from `session.min_duration` on; this allows the store a little more time. */
const STORED_AFTER_SECONDS = 10;

/** Loads the session so far for the live chart; once for each session that began before this page was opened. */
const fillTraces = (): void => {
  const seen = new Set<string>();
  store.subscribe(() => {
    for (const { about, stats, trace } of store.state.pads ?? []) {
      const session = stats?.session;
      if (!session?.id || session.state === "ended" || seen.has(session.id)) continue;
      seen.add(session.id);
      const shortest = (store.state.info?.config.session.min_duration ?? Infinity) + STORED_AFTER_SECONDS;
      const began = Date.parse(session.started_at ?? "") / 1000;
      if ((trace.at[0] ?? 0) > began && (session.duration ?? 0) >= shortest)
        void actions.fillTrace(about.id, session.id);
    }
  });
};

const onAddress = (): void => actions.goTo(browserAddress.hash());

store.subscribe(show);
fillTraces();
darkQuery.addEventListener("change", ({ matches }) => store.dispatch({ type: "systemDark", dark: matches }));
addEventListener("hashchange", onAddress);
listenToKeys(store, actions);
show();
onAddress();

new EventStream({
  onEvent: (event) => store.dispatch(event),
  onLost: (refusal) => store.dispatch({ type: "lost", refusal }),
}).start();
