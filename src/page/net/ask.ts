import type { SetRequest } from "../../api/page.js";
import { after, monotonic, wait } from "../clock.js";
import type { Control, Requests, State } from "../model/state.js";
import type { Store } from "../store.js";
import { ANSWER_MS, postSet, Refusal, sentenceOf } from "./requests.js";

/** How long a stop that nobody received is sent again (contract rule 2: a stop waits 60 s for its pad). */
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

/** Why a request was given up: a stop has taken its place. */
const OVERTAKEN = new Error("overtaken");

/**
 * Requests that wait for their results, by the pad. A browser gives all tabs of a host six connections, and each of these
 * holds one until the belt has done what was asked: a stop would wait behind them. So it takes their place, the place of
 * an older stop included. The bridge carries out what it has received; the state shows what came of it.
 */
const createWaiting = () => {
  const waiting = new Map<string | null, Set<AbortController>>();
  return {
    /** Whether there was none. */
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

/** Sends what is asked of a pad, and puts what comes of it into the state. */
export const createAsk = (store: Store): Ask => {
  const waiting = createWaiting();
  /** The newest request of this page, by the pad. */
  const newest = new Map<string | null, number>();
  let lastId = 0;

  /** The bridge's sentence where it refused; null where it did not, or where a newer request of this page took over. */
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
    // Browsers give few requests that outlive their tab, and refuse more: a hammered STOP takes one of them.
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
        // A newer stop has taken over.
        if (requestsOf(store.state, pad)?.asked.stop?.id !== id) return;
      }
    }
  };
};
