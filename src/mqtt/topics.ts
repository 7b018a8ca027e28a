/** Config key `pads[].id` (docs/configuration.md). */
const PAD_ID = /^[a-z0-9_-]{1,32}$/;

/** A response topic is built from the request's: near MQTT's limit of 65,535 bytes there could be no response. */
const LONGEST_VERB = 256;

/** The topics of one pad (docs/topics.md). */
export interface PadTopics {
  readonly availability: string;
  readonly state: string;
  readonly stats: string;
  readonly set: string;
  readonly setKey: (key: string) => string;
  readonly get: string;
  readonly result: string;
  readonly event: string;
}

/** The topics of the bridge itself (docs/topics.md). */
export interface BridgeTopics {
  readonly state: string;
  readonly info: string;
  readonly health: string;
  readonly request: (verb: string) => string;
  readonly response: (verb: string) => string;
}

export interface Topics {
  readonly bridge: BridgeTopics;
  readonly pad: (id: string) => PadTopics;
}

const bridgeTopics = (base: string): BridgeTopics => ({
  state: `${base}/bridge/state`,
  info: `${base}/bridge/info`,
  health: `${base}/bridge/health`,
  request: (verb) => `${base}/bridge/request/${verb}`,
  response: (verb) => `${base}/bridge/response/${verb}`,
});

const padTopics = (base: string, id: string): PadTopics => ({
  availability: `${base}/${id}/availability`,
  state: `${base}/${id}/state`,
  stats: `${base}/${id}/stats`,
  set: `${base}/${id}/set`,
  setKey: (key) => `${base}/${id}/set/${key}`,
  get: `${base}/${id}/get`,
  result: `${base}/${id}/result`,
  event: `${base}/${id}/event`,
});

/** Every topic name of docs/topics.md below one base topic. */
export const topics = (base: string): Topics => ({
  bridge: bridgeTopics(base),
  pad: (id) => padTopics(base, id),
});

/** Home Assistant's discovery prefix and birth topic (config section `homeassistant`). */
export interface HomeAssistantTopics {
  readonly discoveryPrefix: string;
  readonly statusTopic: string;
}

/** A topic filter to subscribe to; see Subscription of the broker. */
interface Filter {
  readonly topic: string;
  readonly qos: 1;
  readonly noLocal?: boolean;
}

/** As HomeAssistantTopics; without discovery the birth topic is not needed. */
interface SubscribedTopics {
  readonly discoveryPrefix: string;
  readonly statusTopic: string | null;
}

/** The meaning of a received topic. The sender chooses `key` and `verb`; they need not exist. */
export type TopicMeaning =
  | { readonly kind: "set"; readonly pad: string; readonly key: string | null }
  | { readonly kind: "get"; readonly pad: string }
  | { readonly kind: "request"; readonly verb: string }
  | { readonly kind: "bridge-state" }
  | { readonly kind: "homeassistant-status" }
  | { readonly kind: "discovery" };

/** The meaning of a received topic; null when it matches none of `subscriptions`. */
export const parseTopic = (
  base: string,
  topic: string,
  ha: HomeAssistantTopics | null = null,
): TopicMeaning | null => parseOwn(base, topic) ?? (ha === null ? null : parseHomeAssistant(ha, topic));

const parseOwn = (base: string, topic: string): TopicMeaning | null => {
  if (!topic.startsWith(`${base}/`)) return null;
  const [owner = "", ...rest] = topic.slice(base.length + 1).split("/");
  if (owner === "bridge") return parseBridge(rest);
  return PAD_ID.test(owner) ? parsePad(owner, rest) : null;
};

const parseBridge = ([leaf, ...below]: readonly string[]): TopicMeaning | null => {
  if (leaf === "state" && below.length === 0) return { kind: "bridge-state" };
  const verb = below.join("/");
  return leaf === "request" && verb.length <= LONGEST_VERB ? { kind: "request", verb } : null;
};

const parsePad = (pad: string, [leaf, key, ...below]: readonly string[]): TopicMeaning | null => {
  if (leaf === "set" && below.length === 0) return { kind: "set", pad, key: key ?? null };
  return leaf === "get" && key === undefined ? { kind: "get", pad } : null;
};

const parseHomeAssistant = (ha: HomeAssistantTopics, topic: string): TopicMeaning | null => {
  if (topic === ha.statusTopic) return { kind: "homeassistant-status" };
  const [object, last, ...below] = topic.startsWith(`${ha.discoveryPrefix}/device/`)
    ? topic.slice(ha.discoveryPrefix.length + "/device/".length).split("/")
    : [];
  return object !== undefined && last === "config" && below.length === 0 ? { kind: "discovery" } : null;
};

/**
 * All subscriptions, at QoS 1. Requests by `#`: a verb of several levels is an unknown verb, and unknown verbs get a
 * response. `set/+` excludes deeper levels: no key has any. The bridge publishes to a command topic only to clear a
 * stored command, so these messages need not come back (no local); its own `bridge/state` and configs must.
 */
export const subscriptions = (
  base: string,
  pads: readonly string[],
  { discoveryPrefix, statusTopic }: SubscribedTopics,
): readonly Filter[] => {
  const { bridge, pad } = topics(base);
  const commands = [...pads.map(pad).flatMap((t) => [t.set, t.setKey("+"), t.get]), bridge.request("#")];
  const status = statusTopic === null ? [] : [statusTopic];
  const echoed = [bridge.state, ...status, discoverySweep(discoveryPrefix)];
  return [
    ...commands.map((topic) => ({ topic, qos: 1, noLocal: true }) as const),
    ...echoed.map((topic) => ({ topic, qos: 1 }) as const),
  ];
};

/** Also shows when the bridge's own configs are cleared, and those of removed pads; includes other devices' configs. */
const discoverySweep = (discoveryPrefix: string): string => `${discoveryPrefix}/device/+/config`;

/** `S_<id>` of docs/topics.md: discovery object id and device identifier of a pad, or of the bridge with id "bridge". */
export const objectId = (base: string, id: string): string =>
  `${base.replace(/[^a-zA-Z0-9_-]/gu, "_")}_${id}`;

/** Where the device message of a pad, or of the bridge, is published (docs/topics.md). */
export const discoveryTopic = (discoveryPrefix: string, base: string, id: string): string =>
  `${discoveryPrefix}/device/${objectId(base, id)}/config`;
