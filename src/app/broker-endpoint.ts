import { readFile } from "node:fs/promises";
import type { Clock } from "../clock.js";
import type { Config } from "../config/config.js";
import { asError, BridgeError } from "../domain/errors.js";
import type { Logger } from "../log/log.js";
import type { BrokerOptions } from "../mqtt/client/broker.js";
import type { EmbeddedBroker } from "../mqtt/embedded.js";
import { objectId } from "../mqtt/topics.js";

export type BrokerTarget = Omit<BrokerOptions, "will" | "subscriptions">;

export interface BrokerEndpoint {
  readonly target: BrokerTarget;
  readonly embedded: EmbeddedBroker | null;
}

/**
 * The broker's endpoint; starts the embedded broker if configured. Rejects with BridgeError: port in use, unreadable
 * certificate.
 */
export const openBrokerEndpoint = async (
  config: Config,
  deps: { readonly clock: Clock; readonly log: Logger },
): Promise<BrokerEndpoint> => {
  const target = await targetOf(config);
  if (config.mqtt.url !== "embedded") return { target, embedded: null };
  const { username, password } = config.mqtt;
  // Loaded on use: aedes costs every other bridge 2 MB.
  const { startEmbeddedBroker } = await import("../mqtt/embedded.js");
  const options = { ...config.embedded_broker, username, password, ownClientId: target.clientId };
  const embedded = await startEmbeddedBroker(options, deps);
  const { host } = config.embedded_broker;
  const near = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  // aedes supports 3.1.1 only: 5 need not be tried first.
  return { target: { ...target, url: `mqtt://${near}:${embedded.port}`, protocolVersion: "4" }, embedded };
};

const targetOf = async ({ mqtt }: Config): Promise<BrokerTarget> => ({
  url: mqtt.url,
  username: mqtt.username,
  password: mqtt.password,
  ca: await pem("mqtt.ca", mqtt.ca),
  cert: await pem("mqtt.cert", mqtt.cert),
  key: await pem("mqtt.key", mqtt.key),
  rejectUnauthorized: mqtt.reject_unauthorized,
  // Stable, so that a reconnect takes over the old session and its late will cannot outlive it (MQTT 3.1.1 §3.1.4).
  clientId: mqtt.client_id ?? objectId(mqtt.base_topic, "bridge"),
  protocolVersion: mqtt.protocol_version === "auto" ? "auto" : mqtt.protocol_version === 5 ? "5" : "4",
  keepalive: mqtt.keepalive,
});

const pem = async (key: string, path: string | null): Promise<string | null> => {
  if (path === null) return null;
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new BridgeError("config", `${key}: ${path} cannot be read: ${asError(error).message}.`, {
      retry: "never",
    });
  }
};
