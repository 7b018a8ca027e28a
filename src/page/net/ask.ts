import type { SetRequest } from "../../api/page.js";
import { after, monotonic, wait } from "../clock.js";
import type { Control, Requests, State } from "../model/state.js";
import type { Store } from "../store.js";
import { ANSWER_MS, postSet, Refusal, sentenceOf } from "./requests.js";

/** How long an undelivered stop is sent again (safety rule 2: a stop waits 60 s for its pad). */
const STOP_AGAIN_FOR_MS = 60_000;
const STOP_AGAIN_MS = 700;

/** `pad` null: every pad. */
export type Ask = (
  pad: string | null,
  control: Control,
  body: SetRequest,
  value: number | null,
) => Promise<void>;

const requestsOf = ({ all, pads }: State, id: string | null): Requests | null =>
  id === null ? all : (pads?.find(({ about }) => about.id === id) ?? null);

/** The reason of an aborted request: a stop has taken its connection. */
const OVERTAKEN = new Error("overtaken");

/**
 * Requests that wait for their results, by pad. A browser allows six connections per host for all tabs, and each
 * request holds one until the belt has done what was requested: a stop would wait behind them. So a stop takes their
 * connection, that of an older stop included. The bridge carries out what it has received; the state shows the result.
 */
const createWaiting = () => {
  const waiting = new Map<string | null, Set<AbortController>>();
  return {
    /** Returns whether there was none. */
    abandon: (pad: string | null): boolean => {
      const given = [...waiting].flatMap(([of, requests]) =>
        pad === null || of === pad ? [...requests] : [],
      );
      for (const request of given) request.abort(OVERTAKEN);
      return given.length === 0;
    },
    run: async <T>(pad: string | null, send: (signal: AbortSignal) => Promise<T>): Promise<T> => {
      const abort = new AbortController();
      const requests = waiting.get(pad) ?? new Set();
      waiting.set(pad, requests.add(abort));
      const cancel = after(ANSWER_MS, () => abort.abort());
      try {
        return await send(abort.signal);
      } finally {
        cancel();
        requests.delete(abort);
      }
    },
  };
};

/** Sends a request for a pad, and dispatches its result. */
export const createAsk = (store: Store): Ask => {
  const waiting = createWaiting();
  /** The newest request of this page, by pad. */
  const newest = new Map<string | null, number>();
  let lastId = 0;

  /** The bridge's sentence of a refusal; null without one, or when a newer request of this page superseded it. */
  const refusalIn = async (
    { pad, control, id }: { pad: string | null; control: Control; id: number },
    body: SetRequest,
    keepalive: boolean,
  ): Promise<string | null> => {
    const intent = control === "stop" || control === "start" ? control : "change";
    const results = await waiting.run(pad, (signal) => postSet(pad, body, intent, { keepalive, signal }));
    const refused = results.find(
      ({ status, code }) => status === "error" && (code !== "superseded" || newest.get(pad) === id),
    );
    return refused?.message ?? null;
  };

  return async (pad, control, body, value) => {
    lastId += 1;
    const id = lastId;
    newest.set(pad, id);
    const request = { pad, control, id } as const;
    store.dispatch({ type: "asked", ...request, value });
    // Browsers allow few requests that outlive their tab, and refuse more: repeated STOPs use one of them.
    const keepalive = control === "stop" && waiting.abandon(pad);
    const until = monotonic() + STOP_AGAIN_FOR_MS;
    for (;;) {
      try {
        store.dispatch({ type: "answered", ...request, refusal: await refusalIn(request, body, keepalive) });
        return;
      } catch (error) {
        const overtaken = error === OVERTAKEN;
        const again = control === "stop" && !(error instanceof Refusal) && monotonic() < until;
        if (overtaken || !again) {
          store.dispatch({ type: "answered", ...request, refusal: overtaken ? null : sentenceOf(error) });
          return;
        }
        store.dispatch({ type: "undelivered", ...request });
        await wait(STOP_AGAIN_MS);
        // A newer stop has replaced this one.
        if (requestsOf(store.state, pad)?.asked.stop?.id !== id) return;
      }
    }
  };
};
