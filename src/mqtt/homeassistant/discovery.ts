import type { Capabilities, ProtocolName } from "../../domain/pad.js";
import type { Goals } from "../../domain/stats.js";
import { compactComponent, compactDevice, compactRoot } from "./compact.js";
import { bridgeEntities, padEntities } from "./entities.js";
import type { Entity, Requirement } from "./entity.js";
import { isObject, parseJson } from "../../api/payloads.js";
import { discoveryTopic, objectId, topics } from "../topics.js";

const ORIGIN = "walkingpad2mqtt";
const ORIGIN_URL = "https://github.com/walkingpad2mqtt/walkingpad2mqtt";

/**
 * The inputs of every device message: config `mqtt.base_topic`, `homeassistant.discovery_prefix`, the bridge's version.
 */
export interface DiscoveryContext {
  readonly base: string;
  readonly discoveryPrefix: string;
  readonly version: string;
}

/** The inputs of a pad's device message; null is unknown. */
export interface DiscoveredPad {
  readonly id: string;
  readonly name: string;
  readonly address: string | null;
  readonly protocol: ProtocolName | null;
  readonly model: string | null;
  readonly capabilities: Capabilities | null;
  readonly goals: Goals;
}

type Config = Readonly<Record<string, unknown>>;

/**
 * A device message, as small as possible: a broker may refuse a large one. A root key that an older Home Assistant does
 * not know makes it refuse the whole message, and `qos` at the root is not inherited there (home-assistant 2); these
 * are shared: `stat_t`, `avty` and `avty_mode`.
 */
export interface DevicePayload {
  readonly stat_t?: unknown;
  readonly avty?: unknown;
  readonly avty_mode?: unknown;
  readonly dev: Config;
  readonly o: Config;
  readonly cmps: Readonly<Record<string, Config>>;
}

/** A config to publish retained. */
export interface DiscoveryMessage {
  readonly topic: string;
  readonly payload: DevicePayload;
  /**
   * False while the pad's capabilities are unknown: entities that depend on them do not exist yet, and are not removed.
   */
  readonly complete: boolean;
}

/** The device message of the bridge; published before the pads', which refer to it by `via_device`. */
export const bridgeDiscovery = (context: DiscoveryContext): DiscoveryMessage => {
  const { base, version } = context;
  const product = { manufacturer: ORIGIN, model: "Bridge", sw_version: version };
  const dev = { identifiers: [objectId(base, "bridge")], name: "WalkingPad bridge", ...product };
  return message(context, "bridge", dev, {}, bridgeEntities(topics(base).bridge), true);
};

/** The device message of a pad. */
export const padDiscovery = (context: DiscoveryContext, pad: DiscoveredPad): DiscoveryMessage => {
  const { base } = context;
  const dev = {
    identifiers: [objectId(base, pad.id)],
    name: pad.name,
    // WiLink is KingSmith's own protocol; FTMS does not name the manufacturer.
    ...(pad.protocol === "wilink" && { manufacturer: "KingSmith" }),
    ...(pad.model !== null && { model: pad.model }),
    ...(isMac(pad.address) && { connections: [["bluetooth", pad.address]] }),
    via_device: objectId(base, "bridge"),
  };
  const topic = topics(base).pad(pad.id);
  const shared = { state_topic: topic.stats, ...availability(base, pad.id, "bridge") };
  return message(context, pad.id, dev, shared, padEntities(topic, pad), pad.capabilities !== null);
};

/** macOS identifies peripherals by a UUID, which is not a Bluetooth address. */
const isMac = (address: string | null): address is string =>
  address !== null && /^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(address);

const message = (
  { base, discoveryPrefix, version }: DiscoveryContext,
  id: string,
  dev: Config,
  shared: Config,
  entities: readonly Entity[],
  complete: boolean,
): DiscoveryMessage => ({
  topic: discoveryTopic(discoveryPrefix, base, id),
  payload: {
    dev: compactDevice(dev),
    o: { name: ORIGIN, sw: version, url: ORIGIN_URL },
    ...compactRoot(shared),
    cmps: Object.fromEntries(
      entities.map((entity) => [entity.key, compactComponent(component(base, id, entity), shared)]),
    ),
  },
  complete,
});

/** No key contains a `_`, so that no pad id and key give the unique id of another pad: `S_<pad id>_<key>`. */
const component = (base: string, id: string, { key, needs, config }: Entity): Config => ({
  ...config,
  unique_id: `${objectId(base, id)}_${key}`,
  qos: 1,
  ...availability(base, id, needs),
});

/** Home Assistant ignores a value that is neither `online` nor `offline`; a pad's is always one of them. */
const availability = (base: string, id: string, needs: Requirement): Config => {
  if (needs === "nothing") return {};
  const { bridge, pad } = topics(base);
  const isIn = (words: string): string => `{{ 'online' if value_json.state in [${words}] else 'offline' }}`;
  const working = needs === "control" || needs === "working-bridge";
  const ofBridge = {
    topic: bridge.state,
    value_template: isIn(working ? "'online'" : "'online', 'stopping'"),
  };
  const ofPad = { topic: pad(id).availability, value_template: "{{ value_json.state }}" };
  const list = needs === "control" || needs === "live" ? [ofBridge, ofPad] : [ofBridge];
  return { availability: list, availability_mode: "all" };
};

/**
 * A retained message for a config topic; a null payload is the empty message that removes the device: that of the pad
 * `id`, or of the "bridge".
 */
export interface Removal {
  readonly topic: string;
  readonly payload: DevicePayload | null;
  readonly id: string;
}

/**
 * The messages that remove old components or devices from Home Assistant, given a config that was received: none unless
 * the config is the bridge's. Leaving a component out does not remove it, a stub with only `p` does (home-assistant 2),
 * and the config follows. For stored messages (RETAIN set), and for the config that a new one of this run replaces: a
 * live config is the bridge's own echo, or another bridge's on the same base topic, and answering that would never end.
 */
export const staleDiscovery = (
  own: readonly DiscoveryMessage[],
  seen: { readonly topic: string; readonly payload: string },
  base: string,
): readonly Removal[] => {
  const found = parseJson(seen.payload);
  const id = isObject(found) ? ownerOf(found, seen.topic, base) : null;
  if (!isObject(found) || id === null) return [];
  const current = own.find(({ topic }) => topic === seen.topic);
  if (current === undefined) return [{ topic: seen.topic, payload: null, id }];
  const stubs = current.complete ? goneComponents(found, current.payload) : {};
  if (Object.keys(stubs).length === 0) return [];
  const { topic, payload } = current;
  return [
    { topic, payload: { ...payload, cmps: { ...payload.cmps, ...stubs } }, id },
    { topic, payload, id },
  ];
};

const goneComponents = (found: Config, { cmps }: DevicePayload): Readonly<Record<string, Config>> =>
  Object.fromEntries(
    componentsOf(found).flatMap(([key, { p, platform = p, ...rest }]) => {
      const known = Object.hasOwn(cmps, key) && cmps[key]?.["p"] === platform;
      // A stub is a pending removal, not a component.
      const stub = Object.keys(rest).length === 0;
      return typeof platform === "string" && !known && !stub ? [[key, { p: platform }]] : [];
    }),
  );

const componentsOf = ({ cmps, components = cmps }: Config): readonly (readonly [string, Config])[] =>
  isObject(components)
    ? Object.entries(components).flatMap(([key, c]) => (isObject(c) ? [[key, c] as const] : []))
    : [];

/**
 * The pad, or the "bridge", of this config; null where it is not the bridge's own. Its own: the bridge's name, every
 * topic in it below the base topic, and all of them of the one pad (or the bridge) of this config. The last condition
 * separates a bridge on "home" from one on "home/pads".
 */
const ownerOf = (found: Config, topic: string, base: string): string | null => {
  const { o, origin = o } = found;
  if (!isObject(origin) || origin["name"] !== ORIGIN) return null;
  const used = [found, ...componentsOf(found).map(([, config]) => config)].flatMap(topicsIn);
  const below = used.filter((name) => name.startsWith(`${base}/`)).map((name) => name.slice(base.length + 1));
  const [id = "bridge", ...others] = new Set(
    below.map((name) => name.replace(/\/.*$/s, "")).filter((id) => id !== "bridge"),
  );
  const complete = below.length > 0 && below.length === used.length && others.length === 0;
  return complete && topic.endsWith(`/device/${objectId(base, id)}/config`) ? id : null;
};

/** Every topic in a component, or in the root; full or abbreviated. */
const topicsIn = (config: Config): readonly string[] => {
  const { avty, availability: list = avty } = config;
  const nested = (Array.isArray(list) ? list : [list]).filter(isObject);
  return [config, ...nested].flatMap((entry) =>
    Object.entries(entry).flatMap(([key, value]) =>
      /(?:^|_)(?:t|topic)$/.test(key) && typeof value === "string" ? [value] : [],
    ),
  );
};
