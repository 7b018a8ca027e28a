import { BridgeError } from "../../domain/errors.js";

const DEFAULT_PORTS = { mqtt: 1883, mqtts: 8883, ws: 80, wss: 443 } as const;
type Scheme = keyof typeof DEFAULT_PORTS;

/** The parsed address of the broker, without secrets. */
export interface Endpoint {
  readonly scheme: Scheme;
  readonly secure: boolean;
  /** IPv6 without brackets, except for WebSockets, where it becomes part of a URL again. */
  readonly host: string;
  readonly port: number;
  /** With the query; WebSockets only. */
  readonly path: string | null;
  readonly username: string | null;
  readonly password: string | null;
  /** For logs: no credentials and no query, which may contain tokens. */
  readonly shown: string;
}

const invalid = (): BridgeError =>
  // Without a cause: the URL error carries its input, password included.
  new BridgeError("config", "mqtt.url is not a broker's address.", {
    retry: "never",
    advice: "Write it as mqtt://host:1883, mqtts://host:8883, ws://host:port/path or wss://host:port/path.",
  });

const parse = (url: string): URL => {
  try {
    return new URL(url);
  } catch {
    throw invalid();
  }
};

/** A stray % is taken literally: passwords often contain one. */
const decode = (text: string): string | null => {
  if (text === "") return null;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

const isScheme = (text: string): text is Scheme => Object.hasOwn(DEFAULT_PORTS, text);

/** Throws BridgeError("config") for anything but a broker's URL. */
export const parseEndpoint = (url: string): Endpoint => {
  const parsed = parse(url);
  const scheme = parsed.protocol.slice(0, -1);
  if (!isScheme(scheme) || parsed.hostname === "") throw invalid();
  const web = scheme === "ws" || scheme === "wss";
  const port = parsed.port === "" ? DEFAULT_PORTS[scheme] : Number(parsed.port);
  const path = web ? parsed.pathname || "/" : null;
  return {
    scheme,
    secure: scheme === "mqtts" || scheme === "wss",
    host: web ? parsed.hostname : parsed.hostname.replace(/^\[|\]$/g, ""),
    port,
    path: path === null ? null : path + parsed.search,
    username: decode(parsed.username),
    password: decode(parsed.password),
    shown: `${scheme}://${parsed.hostname}:${port}${path === "/" ? "" : (path ?? "")}`,
  };
};
