import type {
  AddPadRequest,
  AddPadResponse,
  DayPayload,
  EndResponse,
  ErrorPayload,
  FoundPad,
  SamplePayload,
  SessionPayload,
  SetRequest,
  SetResponse,
  StopResponse,
} from "../../api/page.js";
import type { Loaded } from "../model/state.js";
import { TEXT } from "../text.js";

/** Longer than the slowest response: a start takes up to 40 s. */
export const ANSWER_MS = 60_000;

/**
 * The server answered with a refusal: `message` is its sentence. Any other error means that the request did not arrive.
 */
export class Refusal extends Error {}

export const sentenceOf = (error: unknown): string =>
  error instanceof Refusal ? error.message : TEXT.errors.notDelivered;

/** Never rejects. */
export const loaded = async <T>(request: Promise<T>): Promise<Loaded<T>> => {
  try {
    return { status: "ready", value: await request };
  } catch (error) {
    return { status: "failed", message: sentenceOf(error) };
  }
};

/** The server's sentence about a refused request. */
export const refusalOf = async (response: Response): Promise<string> => {
  try {
    const { error } = (await response.json()) as ErrorPayload;
    return error.message;
  } catch {
    return TEXT.errors.status(response.status);
  }
};

const request = async <T>(path: string, init: RequestInit = {}): Promise<T> => {
  const response = await fetch(path, { signal: AbortSignal.timeout(ANSWER_MS), cache: "no-store", ...init });
  if (!response.ok) throw new Refusal(await refusalOf(response));
  return (await response.json()) as T;
};

const post = <T>(path: string, body: object, init: RequestInit = {}): Promise<T> =>
  request<T>(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    ...init,
  });

const query = (fields: Readonly<Record<string, string | undefined>>): string =>
  new URLSearchParams(
    Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined),
  ).toString();

/**
 * The intent of a request to a pad. Only a press on Start may start a belt: any other request that arrives late finds
 * it at rest.
 */
export type Intent = "stop" | "start" | "change";

/** `pad` null: every pad, which can only be stopped. `keepalive`: the request is sent even if the tab is closed. */
export const postSet = (
  pad: string | null,
  body: SetRequest,
  intent: Intent,
  init: Pick<RequestInit, "keepalive" | "signal">,
): Promise<SetResponse> => {
  if (pad === null) return post<StopResponse>("api/stop", {}, init);
  const query = intent === "change" ? "?start=never" : "";
  return post(`api/pads/${encodeURIComponent(pad)}/set${query}`, body, init);
};

export const getDays = (since: string): Promise<readonly DayPayload[]> =>
  request(`api/days?${query({ since })}`);

export const getSessions = (since: string, until: string): Promise<readonly SessionPayload[]> =>
  request(`api/sessions?${query({ since, until })}`);

/** Null where there is no such walk any more. */
export const getSession = async (id: string, pad: string): Promise<SessionPayload | null> =>
  (await request<readonly SessionPayload[]>(`api/sessions?${query({ id, pad })}`))[0] ?? null;

export const getSamples = (id: string, pad: string): Promise<readonly SamplePayload[]> =>
  request(`api/sessions/${encodeURIComponent(id)}/samples?${query({ pad })}`);

export const postScan = (seconds: number): Promise<readonly FoundPad[]> => post("api/scan", { seconds });
export const postPad = (pad: AddPadRequest): Promise<AddPadResponse> => post("api/pads", pad);
export const postEnd = (verb: "restart" | "shutdown"): Promise<EndResponse> => post(`api/${verb}`, {});

/** The download URL of the sessions of a period, or of one session. */
export const downloadUrl = (
  format: "csv" | "tcx" | "fit",
  filter: { readonly since?: string; readonly until?: string; readonly id?: string; readonly pad?: string },
): string => `api/sessions?${query({ ...filter, format })}`;
