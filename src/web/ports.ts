import type { Clock } from "../clock.js";
import type {
  AddPadResponse,
  DayPayload,
  FoundPad,
  InfoPayload,
  SamplePayload,
  SessionPayload,
} from "../api/page.js";
import type { PadPort } from "../api/pad-port.js";
import type { Logger } from "../log/log.js";

/** A refused request: `message` is for the user. */
export class HttpError extends Error {
  readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 429 | 500 | 503;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: HttpError["status"],
    code: string,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.name = "HttpError";
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** The parameters of a query, unparsed. */
export type Query = Readonly<Record<string, string | undefined>>;

/** A file to save; its parts are produced one by one, so that a year of samples does not block the main loop. */
export interface Download {
  readonly name: string;
  readonly type: string;
  readonly parts: AsyncIterable<string | Uint8Array>;
}

/** The recorded sessions. Throws HttpError for an invalid query or an unknown session. */
export interface HistoryPort {
  sessions(query: Query): Promise<readonly SessionPayload[]>;
  download(format: string, query: Query): Promise<Download>;
  samples(id: string, query: Query): Promise<readonly SamplePayload[]>;
  days(query: Query): Promise<readonly DayPayload[]>;
}

export interface WebSettings {
  readonly host: string;
  readonly port: number;
  /** When `port` is in use, any other port will do: for the demo. */
  readonly orAnyPort: boolean;
  readonly password: string | null;
  readonly trustedProxy: string | null;
}

export interface WebDeps {
  /** The built page. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: WebSettings;
  readonly pads: readonly PadPort[];
  /** km/h by the id of the pad. */
  readonly presets: ReadonlyMap<string, readonly number[] | null>;
  /** When the data that is read now arrived, on the clock. */
  readonly arrived: () => number;
  readonly info: () => InfoPayload;
  /** Whether the heartbeat is recent; settles in bounded time. */
  readonly healthy: () => Promise<boolean>;
  readonly history: HistoryPort;
  /** Settles in bounded time; rejects with HttpError. */
  readonly scan: (body: unknown) => Promise<readonly FoundPad[]>;
  /** Writes one pad into the configuration. Rejects with HttpError. */
  readonly addPad: (body: unknown) => Promise<AddPadResponse>;
  /** Ends the program by the shutdown path. */
  readonly end: (reason: "restart" | "shutdown") => void;
  /** The program runs on a terminal: nothing starts it again. */
  readonly onTerminal: boolean;
  /** The page's part of `info` has changed. */
  readonly changed: () => void;
}
