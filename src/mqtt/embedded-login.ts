import { createHash, timingSafeEqual } from "node:crypto";
import type { Aedes } from "aedes";
import type { Clock } from "../clock.js";
import type { Logger } from "../log/log.js";

/** Between two warnings: a client that tries passwords must not fill the log. */
const WARN_MS = 60_000;

/** Digests have one length, so that the comparison takes the same time for every guess. */
const digest = (text: string | Uint8Array): Buffer => createHash("sha256").update(text).digest();
const same = (expected: string, given: string | Uint8Array | undefined): boolean =>
  timingSafeEqual(digest(expected), digest(given ?? "")) && given !== undefined;

type Client = Parameters<Aedes["authenticate"]>[0];

const addressOf = ({ conn }: Client): string | null =>
  "remoteAddress" in conn ? (conn.remoteAddress ?? null) : null;

/** Logs a refused login. Neither name nor password: people type one in place of the other. */
const failureLog = ({ log, clock }: { readonly log: Logger; readonly clock: Clock }) => {
  let warnedAt = -Infinity;
  let suppressed = 0;
  return (client: Client): void => {
    if (clock.now() - warnedAt < WARN_MS) {
      suppressed += 1;
      return;
    }
    const advice =
      "if it is your client, give it mqtt.username and mqtt.password; if not, find out what runs at this address";
    const more = suppressed === 0 ? {} : { alsoSinceLastWarning: suppressed };
    log.warn(
      { client: client.id, address: addressOf(client), ...more, advice },
      "Login at the embedded broker refused: wrong user name or password. It cannot control any belt",
    );
    warnedAt = clock.now();
    suppressed = 0;
  };
};

/** With a username, clients must give it and the password; without one every client is accepted. */
export const authenticator = (
  { username, password }: { readonly username: string | null; readonly password: string | null },
  deps: { readonly log: Logger; readonly clock: Clock },
): Aedes["authenticate"] => {
  if (username === null) return (_client, _username, _password, done) => done(null, true);
  const failed = failureLog(deps);
  return (client, givenName, givenPassword, done) => {
    const name = same(username, givenName);
    const secret = same(password ?? "", givenPassword);
    if (!name || !secret) failed(client);
    // False gives CONNACK 5, "not authorized".
    done(null, name && secret);
  };
};
