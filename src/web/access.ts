import type { IncomingMessage } from "node:http";
import { plainAddress } from "./address.js";
import { HttpError, type WebSettings } from "./ports.js";
import type { PasswordGate } from "./password.js";

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** What a browser parses as a host and its port; null for anything else. */
const hostOf = (url: string): { readonly host: string; readonly hostname: string } | null =>
  URL.canParse(url) ? new URL(url) : null;

const single = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === "string" ? value : value?.[0];

const wrongHost = new HttpError(
  403,
  "wrong-host",
  "This page has no password, so it answers only requests to this machine's own names: localhost or 127.0.0.1.",
);
const otherOrigin = new HttpError(
  403,
  "other-origin",
  "Refused: the request comes from another site. Open the page by its address. " +
    "Behind a reverse proxy, make the proxy pass on the Host header.",
);

/**
 * The first check of every request but the probe's `health`; without a `gate` there is no password. Returns headers for
 * the response, or throws the HttpError that answers the request.
 */
export const checkAccess = (
  { headers, method, socket }: IncomingMessage,
  { trustedProxy }: Pick<WebSettings, "trustedProxy">,
  gate: PasswordGate | null,
): Readonly<Record<string, string>> => {
  const peer = plainAddress(socket.remoteAddress ?? "");
  const isProxy = trustedProxy !== null && peer === plainAddress(trustedProxy);
  const forwarded = isProxy ? single(headers["x-forwarded-host"]) : undefined;
  const host = forwarded ?? headers.host ?? "";
  const isOpen = !isProxy && gate === null;
  // DNS rebinding: another site's page, whose name now resolves to this machine, still sends its own name.
  if (isOpen && !LOOPBACK.test(hostOf(`http://${host}`)?.hostname ?? "")) throw wrongHost;
  if (isOpen && trustedProxy !== null && !isLoopback(peer)) throw wrongHost;
  const isWrite = method !== "GET" && method !== "HEAD";
  if ((isOpen || isWrite) && !isOwn(headers, host)) throw otherOrigin;
  return isProxy || gate === null ? {} : gate.check(peer, headers);
};

const isLoopback = (address: string): boolean => LOOPBACK.test(address) || address === "::1";

/** A browser sends the origin of a request (Fetch Metadata, RFC 6454); a request without one is not from a browser. */
const isOwn = (headers: IncomingMessage["headers"], host: string): boolean => {
  const site = single(headers["sec-fetch-site"]) ?? "same-origin";
  const { origin } = headers;
  const own = hostOf(`http://${host}`);
  const isSameHost =
    origin === undefined ||
    (own !== null && [`http://${own.host}`, `https://${own.host}`].includes(origin.toLowerCase()));
  return isSameHost && (site === "same-origin" || site === "none");
};
