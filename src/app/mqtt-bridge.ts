import type { Radio } from "../ble/radio.js";
import type { Clock } from "../clock.js";
import type { Config } from "../config/config.js";
import { dailyGoals } from "../config/settings.js";
import type { Logger } from "../log/log.js";
import { Bridge } from "../mqtt/bridge.js";
import type { BridgeDeps } from "../mqtt/bridge-deps.js";
import type { Broker, BrokerDeps, BrokerOptions } from "../mqtt/client/broker.js";
import type { Pad } from "../pad/pad.js";
import type { SimulatedRadio } from "../sim/radio.js";
import { keepPlace } from "../store/place.js";
import type { Store } from "../store/store.js";
import { addressesOf } from "./bridge-info.js";
import { answerRequest } from "./bridge-requests.js";
import type { BrokerEndpoint } from "./broker-endpoint.js";
import { requestedSessions, sessionObject } from "./session-list.js";

interface BridgeParts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly version: string;
  readonly random: () => number;
  readonly restart: () => void;
  readonly connectBroker: (options: BrokerOptions, deps: BrokerDeps) => Broker;
  readonly endpoint: BrokerEndpoint;
  /** Where the last run published its retained topics. */
  readonly before: BridgeDeps["before"];
  readonly pads: readonly Pad[];
  readonly radio: Radio;
  readonly simulator: SimulatedRadio | null;
  readonly store: Store;
  readonly arrived: () => number;
  readonly info: () => object;
  readonly health: (broker: Broker) => object;
  readonly onConnection: (connected: boolean) => void;
  readonly onSubscribed: BrokerDeps["onSubscribed"];
  readonly signal: AbortSignal;
}

/** The bridge between the pads and the broker; it starts to connect at once. */
export const mqttBridge = (config: Config, parts: BridgeParts): Bridge => {
  const { homeassistant, mqtt } = config;
  const { clock, log, pads, radio, simulator, store, health, restart, signal } = parts;
  const { connectBroker, endpoint, onSubscribed, arrived } = parts;
  return new Bridge({
    ...parts,
    base: mqtt.base_topic,
    homeAssistant: {
      enabled: homeassistant.enabled,
      discoveryPrefix: homeassistant.discovery_prefix,
      statusTopic: homeassistant.status_topic,
    },
    goals: dailyGoals(config),
    keepPlace: (place) =>
      void keepPlace(config.store.path, place).catch((err: unknown) =>
        log.debug({ err }, "Location of the retained topics not saved"),
      ),
    request: (verb, fields, broker) =>
      answerRequest(verb, fields, {
        clock,
        radio,
        simulator,
        addresses: addressesOf(pads),
        health: () => health(broker),
        sessions: async (fields) => (await store.sessions(requestedSessions(fields))).map(sessionObject),
        restart,
        signal,
      }),
    connect: (own, handlers) =>
      connectBroker({ ...endpoint.target, ...own }, { ...handlers, onSubscribed, arrived, clock, log }),
  });
};
