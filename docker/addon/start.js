// node start.js MAIN [ARGUMENTS]: turns the add-on's options and the Supervisor's MQTT service into the environment that
// the bridge reads, and becomes the bridge in the same process, so that signals reach it. A signal that comes while this
// waits for the Supervisor ends it at once: docker/node.c is PID 1.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const PREFIX = "WALKINGPAD2MQTT_";
const SUPERVISOR = process.env.SUPERVISOR ?? "http://supervisor";
const ANSWER_MS = 10_000;
/** After a start of the host the Supervisor and the Mosquitto add-on may come up later than this one. */
const RETRY_MS = 3_000;
const STORE = process.env.WALKINGPAD2MQTT_STORE_PATH ?? "/data";
const KNOWN = join(STORE, "mqtt-service.json");

const put = (key, value) => {
  if (value === undefined || value === null || value === "") return;
  process.env[PREFIX + key.toUpperCase()] = typeof value === "object" ? JSON.stringify(value) : String(value);
};

/** Host, port and credentials of the broker that Home Assistant uses. Throws a sentence while there is none. */
const mqttService = async () => {
  const answer = await fetch(`${SUPERVISOR}/services/mqtt`, {
    headers: { authorization: `Bearer ${process.env.SUPERVISOR_TOKEN ?? ""}` },
    signal: AbortSignal.timeout(ANSWER_MS),
  }).catch(() => null);
  if (answer === null || answer.status >= 500) throw new Error("The Supervisor does not answer.");
  const { data } = answer.ok ? await answer.json().catch(() => ({})) : {};
  if (!data?.host)
    throw new Error(
      "Home Assistant offers no MQTT broker. Install and start the Mosquitto add-on, or set mqtt_url.",
    );
  return data;
};

/** The Supervisor's own address in its network: the page accepts only it, and needs no password there. */
const INGRESS_PROXY = "172.30.32.2";

/** Where Home Assistant expects the page; null: unknown, and the page listens on this machine only. */
const ingressPort = async () => {
  const answer = await fetch(`${SUPERVISOR}/addons/self/info`, {
    headers: { authorization: `Bearer ${process.env.SUPERVISOR_TOKEN ?? ""}` },
    signal: AbortSignal.timeout(ANSWER_MS),
  }).catch(() => null);
  const { data } = answer?.ok ? await answer.json().catch(() => ({})) : {};
  return Number.isInteger(data?.ingress_port) && data.ingress_port > 0 ? data.ingress_port : null;
};

/** The broker of an earlier start; null: there was none. */
const knownService = () => {
  try {
    return JSON.parse(readFileSync(KNOWN, "utf8"));
  } catch {
    return null;
  }
};

const keepService = ({ host, port, ssl, username, password }) => {
  try {
    writeFileSync(KNOWN, JSON.stringify({ host, port, ssl, username, password }), { mode: 0o600 });
  } catch {
    // The next start waits for the Supervisor.
  }
};

/**
 * Asks until there is a broker; each new reason is written once. A broker that is known from an earlier start is not
 * waited for: a crash may have left a belt moving, which is stopped without a broker too (safety rule 9).
 */
const waitForBroker = async () => {
  for (let written = ""; ; await sleep(RETRY_MS)) {
    const found = await mqttService().catch((error) => error);
    if (!(found instanceof Error)) {
      keepService(found);
      return found;
    }
    const known = knownService();
    if (known?.host) {
      process.stderr.write(`${found.message} The broker of the last start is used.\n`);
      return known;
    }
    if (found.message !== written)
      process.stderr.write(
        `${found.message} No belt is connected. Trying again every ${RETRY_MS / 1000} s.\n`,
      );
    written = found.message;
  }
};

const options = JSON.parse(readFileSync(join(STORE, "options.json"), "utf8"));

if (!options.mqtt_url) {
  const service = await waitForBroker();
  put("mqtt_url", `${service.ssl ? "mqtts" : "mqtt"}://${service.host}:${service.port}`);
  put("mqtt_username", service.username);
  put("mqtt_password", service.password);
}
const port = await ingressPort();
if (port === null) process.stderr.write("The Supervisor names no port: the page is not in the sidebar.\n");
else {
  put("web_host", "0.0.0.0");
  put("web_port", port);
  put("web_trusted_proxy", INGRESS_PROXY);
}
for (const [key, value] of Object.entries(options))
  // Without any in the options, the page may write pads into /data/config/config.yaml.
  if (key !== "pads" || value.length > 0) put(key, value);

process.argv.splice(1, 1);
await import(pathToFileURL(process.argv[1]).href);
