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

/** A request that is refused: `message` is for the user. */
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

/** What a query asks for, still as it was written. */
export type Query = Readonly<Record<string, string | undefined>>;

/** A file to save; its parts are made one by one, so that no walk of a year holds anything up. */
export interface Download {
  readonly name: string;
  readonly type: string;
  readonly parts: AsyncIterable<string | Uint8Array>;
}

/** The walks of the past. Throws HttpError for a query that cannot be read, or where there is no such walk. */
export interface HistoryPort {
  sessions(query: Query): readonly SessionPayload[];
  download(format: string, query: Query): Download;
  samples(id: string, query: Query): readonly SamplePayload[];
  days(query: Query): readonly DayPayload[];
}

export interface WebSettings {
  readonly host: string;
  readonly port: number;
  /** Where `port` is in use, any other one will do: the demo. */
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
  /** When what is read now came in, on the clock. */
  readonly arrived: () => number;
  readonly info: () => InfoPayload;
  /** The heartbeat is young; settles in bounded time. */
  readonly healthy: () => Promise<boolean>;
  readonly history: HistoryPort;
  /** Settles in bounded time; rejects with HttpError. */
  readonly scan: (body: unknown) => Promise<readonly FoundPad[]>;
  /** Writes one pad into the configuration. Rejects with HttpError. */
  readonly addPad: (body: unknown) => Promise<AddPadResponse>;
  /** Ends the program by its one path. */
  readonly end: (reason: "restart" | "shutdown") => void;
  /** Nothing starts the program again. */
  readonly onTerminal: boolean;
  /** What `info` says of the page has changed. */
  readonly changed: () => void;
}
