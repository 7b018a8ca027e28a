import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Clock } from "../clock.js";
import type { Logger } from "../log/log.js";
import { household } from "./address.js";
import { HttpError } from "./ports.js";

/** The delay after the first wrong password; doubled with each further one. */
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 60_000;
/** An address without a try for this long is removed. */
const FORGET_MS = 15 * 60_000;
/** The number of addresses kept: bounds memory, the address that tried longest ago is removed first. */
const MOST_ADDRESSES = 1_000;

interface Tries {
  readonly wrong: number;
  readonly at: number;
  readonly until: number;
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
/** In constant time, whatever the lengths. */
const isSame = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));

const COOKIE = "walkingpad2mqtt";

/** The password of `Authorization: Basic` (RFC 7617); null without one. */
const passwordIn = (header: string | undefined): string | null => {
  const encoded = /^Basic +([A-Za-z0-9+/=_-]+) *$/i.exec(header ?? "")?.[1];
  if (encoded === undefined) return null;
  const pair = Buffer.from(encoded, "base64").toString("utf8");
  const colon = pair.indexOf(":");
  return colon < 0 ? null : pair.slice(colon + 1);
};

/**
 * HTTP Basic with a growing delay after wrong passwords, by address. A client that has once sent the right one has a
 * cookie that lifts the delay, not the password: an attacker behind the same proxy must not prevent a user from
 * stopping a belt.
 */
export class PasswordGate {
  readonly #password: string;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #known = randomBytes(32).toString("base64url");
  readonly #tries = new Map<string, Tries>();

  constructor(password: string, clock: Clock, log: Logger) {
    this.#password = password;
    this.#clock = clock;
    this.#log = log;
  }

  /** Returns headers for the response; throws the HttpError that answers the request. */
  check(address: string, headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
    const given = passwordIn(headers.authorization);
    if (given === null)
      throw unauthorized("Enter the password of the page (web.password), with any user name.");
    const key = household(address);
    const isKnown = this.#isKnown(headers.cookie);
    const left = isKnown ? 0 : (this.#tries.get(key)?.until ?? 0) - this.#clock.now();
    if (left > 0) throw tooMany(left);
    if (!isSame(given, this.#password)) {
      this.#wrong(key, address);
      throw unauthorized("Wrong password. Use web.password of the bridge's configuration.");
    }
    if (isKnown) return {};
    this.#tries.delete(key);
    return { "set-cookie": `${COOKIE}=${this.#known}; HttpOnly; SameSite=Strict` };
  }

  #isKnown(cookies = ""): boolean {
    const [, token = ""] = new RegExp(`(?:^|; *)${COOKIE}=([A-Za-z0-9_-]{1,64})`).exec(cookies) ?? [];
    return token !== "" && isSame(token, this.#known);
  }

  #wrong(key: string, address: string): void {
    const now = this.#clock.now();
    const before = this.#tries.get(key);
    const wrong = before && now - before.at < FORGET_MS ? before.wrong + 1 : 1;
    const delay = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(wrong - 1, 16));
    // Inserted again at the end: the map is in the order of the last try.
    this.#tries.delete(key);
    this.#tries.set(key, { wrong, at: now, until: now + delay });
    for (const oldest of this.#tries.keys()) {
      if (this.#tries.size <= MOST_ADDRESSES) break;
      this.#tries.delete(oldest);
    }
    this.#log[wrong === 1 ? "warn" : "debug"]({ address, wrong }, "Wrong password for the page");
  }
}

const unauthorized = (message: string): HttpError =>
  new HttpError(401, "password", message, {
    "www-authenticate": 'Basic realm="walkingpad2mqtt", charset="UTF-8"',
  });

const tooMany = (ms: number): HttpError =>
  new HttpError(429, "too-many-tries", "Too many wrong passwords from this address. Wait, then try again.", {
    "retry-after": String(Math.ceil(ms / 1000)),
  });
