import type { SessionPayload } from "../../api/page.js";
import type { Address } from "../address.js";
import { wallClock } from "../clock.js";
import { firstDay, localDay } from "../model/days.js";
import { placeOf, type WalkId } from "../model/place.js";
import type { Range, State } from "../model/state.js";
import type { Store } from "../store.js";
import { getDays, getSamples, getSession, getSessions, loaded } from "./requests.js";

const today = (): string => localDay(wallClock());

/** Shows the days of a range, the walks of a day, one walk. */
const shows = (store: Store) => {
  const range = async (range: Range): Promise<void> => {
    store.dispatch({ type: "range", range });
    store.dispatch({ type: "days", days: { status: "loading" } });
    const days = await loaded(getDays(firstDay(range, wallClock())));
    if (store.state.history.range === range) store.dispatch({ type: "days", days });
  };
  const day = async (day: string): Promise<void> => {
    const { history } = store.state;
    if (history.day === day && history.walks.status !== "failed") return;
    store.dispatch({ type: "day", day });
    store.dispatch({ type: "walks", walks: { status: "loading" } });
    const walks = await loaded(getSessions(day, day));
    if (store.state.history.day === day) store.dispatch({ type: "walks", walks });
  };
  const walk = async (walk: SessionPayload): Promise<void> => {
    store.dispatch({ type: "walk", walk });
    const samples = await loaded(getSamples(walk.id, walk.pad));
    store.dispatch({ type: "samples", id: walk.id, samples });
  };
  return { range, day, walk };
};

export const historyActions = (store: Store, address: Address) => {
  const show = shows(store);
  const listed = ({ id, pad }: WalkId): SessionPayload | null => {
    const { walks } = store.state.history;
    const all = walks.status === "ready" ? walks.value : [];
    return all.find((one) => one.id === id && one.pad === pad) ?? null;
  };
  /** The walk that the address names: it may be of any day, or be gone. */
  const find = async (hash: string, walk: WalkId): Promise<void> => {
    const found = await loaded(getSession(walk.id, walk.pad));
    if (address.hash() !== hash) return;
    const session = found.status === "ready" ? found.value : null;
    void show.day(session ? localDay(Date.parse(session.started_at)) : today());
    if (session) void show.walk(session);
    else if (found.status === "ready") address.closeWalk();
  };
  const leaveWalk = (): void => {
    if (store.state.history.walk !== null) address.closeWalk();
  };
  return {
    /** The address has changed, by the page or in the browser. */
    goTo: (hash: string): void => {
      const place = placeOf(hash);
      const isNew = store.state.view !== place.view;
      if (isNew) store.dispatch({ type: "view", view: place.view });
      if (place.view !== "history") return;
      if (isNew) void show.range(store.state.history.range);
      const known = place.walk && listed(place.walk);
      if (known) return void show.walk(known);
      store.dispatch({ type: "walk", walk: null });
      if (place.walk) void find(hash, place.walk);
      else if (isNew) void show.day(today());
    },
    openRange: (range: Range): void => {
      leaveWalk();
      void show.range(range);
      void show.day(today());
    },
    openDay: (day: string): void => {
      if (day !== store.state.history.day) leaveWalk();
      void show.day(day);
    },
    metric: (metric: State["history"]["metric"]): void => store.dispatch({ type: "metric", metric }),
    openWalk: (walk: SessionPayload): void => {
      address.openWalk(walk);
      void show.walk(walk);
    },
    closeWalk: (): void => {
      leaveWalk();
      store.dispatch({ type: "walk", walk: null });
    },
    /** Fills the live chart with the time before the page was opened. */
    fillTrace: async (pad: string, session: string): Promise<void> => {
      const samples = await loaded(getSamples(session, pad));
      if (samples.status === "ready") store.dispatch({ type: "recorded", pad, samples: samples.value });
    },
  };
};
