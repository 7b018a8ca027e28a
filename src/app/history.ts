import { asError } from "../domain/errors.js";
import type { DayPayload, SamplePayload, SessionPayload } from "../api/page.js";
import { kmh, km, type Metres, type Speed } from "../domain/units.js";
import type { LocalDay } from "../domain/totals.js";
import type { Store } from "../store/store.js";
import type { StoredSession, TimedSample } from "../store/read.js";
import { type Download, type HistoryPort, HttpError, type Query } from "../web/ports.js";
import { sessionsCsv } from "./export/session-text.js";
import { sessionFitInThread } from "./export/fit-thread.js";
import { readSessionsTcx } from "./export/tcx.js";
import { fitName, parseSince, parseUntil, sessionObject } from "./session-list.js";
import { downsample } from "./downsample.js";

/** A chart is a thousand pixels wide, and each pixel may show a minimum and a maximum. */
const MOST_SAMPLES = 2_000;

const noWalk = new HttpError(404, "no-walk", "There is no such walk.");
const invalid = (message: string): HttpError => new HttpError(400, "invalid-query", message);

const timeOf = (
  name: string,
  text: string | undefined,
  parse: (text: string) => number | null,
): number | null => {
  const time = text === undefined ? null : parse(text);
  if (text !== undefined && time === null)
    throw invalid(`${name} must be a date, 2026-11-22, or a time, 2026-11-22T10:00:00Z.`);
  return time;
};

const KEYS = ["pad", "since", "until", "id"];

const checkKeys = (query: Query, known: readonly string[]): void => {
  const unknown = Object.keys(query).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw invalid(`Unknown key ${JSON.stringify(unknown)}; use ${known.join(", ")}.`);
};

const round = (value: number, digits: number): number => Number(value.toFixed(digits));

const samplePayload = (sample: TimedSample): SamplePayload => ({
  at: new Date(sample.at).toISOString(),
  speed: kmh(sample.speed as Speed),
  distance: km(sample.distance as Metres),
  steps: sample.steps,
  calories: round(sample.calories, 1),
  heart_rate: sample.heartRate,
  incline: sample.incline,
});

/** The store rejects where its disk does not answer. */
const answered = async <T>(answer: Promise<T>): Promise<T> => {
  try {
    return await answer;
  } catch (cause) {
    throw new HttpError(503, "store-stalled", asError(cause).message);
  }
};

/** The recorded sessions, for the page. */
export const history = (
  store: Pick<Store, "sessions" | "samples" | "days">,
  { localDay, pause }: { readonly localDay: LocalDay; readonly pause: () => Promise<void> },
): HistoryPort => {
  const find = async (query: Query): Promise<readonly StoredSession[]> => {
    checkKeys(query, KEYS);
    const since = timeOf("since", query["since"], parseSince);
    const until = timeOf("until", query["until"], parseUntil);
    const found = await answered(store.sessions({ pad: query["pad"] ?? null, since, limit: null }));
    const { id } = query;
    return found.filter(
      (session) => (until === null || session.startedAt <= until) && (id === undefined || session.id === id),
    );
  };

  async function* tcx(sessions: readonly StoredSession[]): AsyncGenerator<string> {
    for await (const part of readSessionsTcx(sessions, (session) => store.samples(session))) {
      yield part;
      await pause();
    }
  }
  async function* whole(text: string): AsyncGenerator<string> {
    yield text;
    await pause();
  }
  async function* fit(session: StoredSession): AsyncGenerator<Uint8Array> {
    yield await sessionFitInThread(session, await store.samples(session));
  }

  const download = async (format: string, query: Query): Promise<Download> => {
    const sessions = await find(query);
    switch (format) {
      case "csv": {
        const parts = whole(sessionsCsv(sessions, { imperial: false }));
        return { name: "walks.csv", type: "text/csv; charset=utf-8", parts };
      }
      case "tcx":
        return { name: "walks.tcx", type: "application/vnd.garmin.tcx+xml", parts: tcx(sessions) };
      case "fit": {
        const [session, more] = sessions;
        if (!session) throw noWalk;
        if (more) throw new HttpError(400, "one-walk", "A FIT file holds one walk: give its pad and id.");
        return { name: fitName(session), type: "application/vnd.ant.fit", parts: fit(session) };
      }
      default:
        throw invalid("format must be json, csv, tcx or fit.");
    }
  };

  return {
    download,
    sessions: async (query) => (await find(query)).map((session) => sessionObject(session) as SessionPayload),
    samples: async (id, { pad, ...rest }) => {
      checkKeys(rest, []);
      const [session] = await find({ ...(pad !== undefined && { pad }), id });
      if (!session) throw noWalk;
      return downsample(await answered(store.samples(session)), MOST_SAMPLES).map(samplePayload);
    },
    days: async (query) => {
      checkKeys(query, ["pad", "since"]);
      const since = timeOf("since", query["since"], parseSince);
      const day = since === null ? null : localDay(since);
      const days = await answered(store.days({ pad: query["pad"] ?? null, since: day }));
      return days.map(({ pad, day, distance, duration, steps, calories, sessions }): DayPayload => ({
        pad,
        day,
        distance: km(distance),
        duration,
        steps,
        calories: Math.round(calories),
        sessions,
      }));
    },
  };
};
