import type { Version } from "./connection.js";
import { describe, type DisconnectReason } from "./disconnect-reason.js";
import { reasonCode } from "./reason-codes.js";

type Reported = "failure" | "credentials" | "takeover" | "unstable";

/** The state between attempts. Plain data: `afterDisconnect` returns the next one. */
export interface ReconnectState {
  readonly version: Version;
  /** May fall back to MQTT 3.1.1. */
  readonly auto: boolean;
  /**
   * Why 3.1.1 is used: the broker refused 5 explicitly, which is permanent; or the other side closed on 5, possibly a
   * proxy while its broker restarted, so that 5 is tried again after the next loss.
   */
  readonly fallback: "none" | "refused" | "guessed";
  /** Closes in a row before a CONNACK, failures in a row, and times that another client took over the client id. */
  readonly closes: number;
  readonly streak: number;
  readonly takeovers: number;
  /** Already logged; again only at debug. */
  readonly logged: readonly Reported[];
}

export interface ReconnectDecision {
  readonly policy: ReconnectState;
  readonly delayMs: number;
  readonly level: "debug" | "info" | "warn" | "error";
  readonly message: string;
  readonly advice: string;
}

/** MQTT 3.1.1 table 3.1 and MQTT 5 table 3-1; aedes answers version 5 with the former (seen with aedes 1.2). */
const UNSUPPORTED_VERSION = [1, 132];
const BAD_CREDENTIALS = [4, 5, 134, 135];
/** DISCONNECT reason of MQTT 5, 0x8E. */
const TAKEN_OVER = 142;

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;
/** Two bridges with one client id disconnect each other for ever: the delay leaves time to read the log. */
const TAKEOVER_FIRST_MS = 60_000;
const TAKEOVER_LONGEST_MS = 120_000;
/** A connection that was ready for this long ends a streak of failures, or of takeovers (longer than their delay). */
const STABLE_MS = 60_000;
const UNDISPUTED_MS = 600_000;

const KEEPS = "belts are not affected, the bridge keeps control of them and keeps trying to reach the broker";

export const startPolicy = (protocolVersion: "auto" | "5" | "4"): ReconnectState => ({
  version: protocolVersion === "4" ? 4 : 5,
  auto: protocolVersion === "auto",
  fallback: "none",
  closes: 0,
  streak: 0,
  takeovers: 0,
  logged: [],
});

const doubled = (first: number, longest: number, times: number, random: number): number =>
  Math.round(Math.min(longest, first * 2 ** Math.min(times, 10)) * (0.5 + random / 2));

/** A connection that was ready for `readyMs` (null: never) resets the counts that it disproves. */
const rested = (policy: ReconnectState, readyMs: number | null): ReconnectState => {
  if (readyMs === null) return policy;
  const stable = readyMs >= STABLE_MS;
  const undisputed = readyMs >= UNDISPUTED_MS;
  return {
    ...policy,
    streak: stable ? 0 : policy.streak,
    takeovers: undisputed ? 0 : policy.takeovers,
    logged: policy.logged.filter((topic) =>
      topic === "takeover" ? !undisputed : topic !== "credentials" && !stable,
    ),
  };
};

/** The version for the next attempt, from a connection that was ready. */
const versionAfter = (
  policy: ReconnectState,
  readyMs: number | null,
): Pick<ReconnectState, "version" | "fallback"> => {
  const { version, fallback } = policy;
  if (readyMs === null) return { version, fallback };
  if (version === 5) return { version, fallback: "none" };
  return { version: fallback === "guessed" ? 5 : version, fallback };
};

const refusedVersion = (reason: DisconnectReason): boolean =>
  reason.kind === "refused" && UNSUPPORTED_VERSION.includes(reason.code);

const topicOf = (reason: DisconnectReason, streak: number, readyMs: number | null): Reported => {
  if (reason.kind === "refused" && BAD_CREDENTIALS.includes(reason.code)) return "credentials";
  if (reason.kind === "disconnected" && reason.code === TAKEN_OVER) return "takeover";
  return streak >= 3 && readyMs !== null ? "unstable" : "failure";
};

const ADVICE: Readonly<Record<Exclude<Reported, "failure">, string>> = {
  credentials: "check mqtt.username and mqtt.password, and what the broker allows this user",
  takeover:
    "another program uses the same client id, most likely a second bridge with the same base topic: stop one of " +
    "them, or give it its own mqtt.client_id and mqtt.base_topic; until then this one reconnects rarely",
  unstable:
    "if the network is fine, another program may use the same client id, such as a second bridge with the same " +
    "base topic: give it its own mqtt.client_id and mqtt.base_topic",
};

const adviceFor = (reason: DisconnectReason): string => {
  switch (reason.kind) {
    case "unreachable":
      return "check mqtt.url, and that the broker runs and accepts connections from here";
    case "tls":
      return "check the scheme and port of mqtt.url, mqtt.ca, mqtt.cert, mqtt.key and mqtt.reject_unauthorized";
    case "closed":
    case "mute":
    case "broken":
      return "check that mqtt.url has the right scheme and port: 1883 for mqtt://, 8883 for mqtts://";
    case "refused":
    case "disconnected":
      return reasonCode(reason.kind, reason.code)?.advice ?? "see the broker's log";
    case "lost":
      return "see the broker's log";
  }
};

/** If the other side has closed on 5 before, and then accepted 3.1.1, one more close is enough. */
const fallsBack = ({ auto, version, fallback, closes }: ReconnectState, reason: DisconnectReason): boolean =>
  auto && version === 5 && (refusedVersion(reason) || closes >= (fallback === "guessed" ? 1 : 2));

const delayAfter = (policy: ReconnectState, topic: Reported, random: number): number =>
  topic === "takeover"
    ? doubled(TAKEOVER_FIRST_MS, TAKEOVER_LONGEST_MS, policy.takeovers - 1, random)
    : doubled(FIRST_MS, LONGEST_MS, policy.streak - 1, random);

const counted = (policy: ReconnectState, reason: DisconnectReason): ReconnectState => ({
  ...policy,
  closes: reason.kind === "closed" ? policy.closes + 1 : 0,
  streak: policy.streak + 1,
  takeovers: policy.takeovers + (topicOf(reason, 0, null) === "takeover" ? 1 : 0),
});

const fallBack = (policy: ReconnectState, reason: DisconnectReason): ReconnectDecision => {
  const fallback = refusedVersion(reason) ? "refused" : "guessed";
  const until = fallback === "refused" ? "from now on" : "for this connection";
  return {
    policy: { ...policy, version: 4, fallback, closes: 0, streak: policy.streak - 1 },
    delayMs: 0,
    level: policy.fallback === fallback ? "debug" : "info",
    message: `Broker does not accept MQTT 5 (${reason.detail}): MQTT 3.1.1 ${until}`,
    advice: "",
  };
};

/**
 * The next state and the log line after a failure. `readyMs`: how long the connection was ready, null if it never was.
 */
export const afterDisconnect = (
  policy: ReconnectState,
  reason: DisconnectReason,
  readyMs: number | null,
  random: number,
): ReconnectDecision => {
  const now = counted(rested(policy, readyMs), reason);
  if (fallsBack(now, reason)) return fallBack(now, reason);
  const topic = topicOf(reason, now.streak, readyMs);
  const first = topic === "credentials" ? "error" : "warn";
  return {
    policy: {
      ...now,
      ...versionAfter(now, readyMs),
      logged: [...new Set<Reported>([...now.logged, topic, "failure"])],
    },
    delayMs: delayAfter(now, topic, random),
    level: now.logged.includes(topic) ? "debug" : first,
    message: describe(reason),
    advice: `${topic === "failure" ? adviceFor(reason) : ADVICE[topic]}; ${KEEPS}`,
  };
};
