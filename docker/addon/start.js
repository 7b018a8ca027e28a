// node start.js MAIN [ARGUMENTS]: turns the add-on's options and the Supervisor's MQTT service into the environment that
// the bridge reads, and becomes the bridge, in the same process: signals reach it as they reach everybody's.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const PREFIX = "WALKINGPAD2MQTT_";
const SUPERVISOR = process.env.SUPERVISOR ?? "http://supervisor";
const ANSWER_MS = 10_000;
/** As the bridge's own: sysexits(3). */
const CONFIG_ERROR = 78;

const put = (key, value) => {
  if (value === undefined || value === null || value === "") return;
  process.env[PREFIX + key.toUpperCase()] = typeof value === "object" ? JSON.stringify(value) : String(value);
};

/** Host, port and credentials of the broker that Home Assistant uses; null when it has none to offer. */
const mqttService = async () => {
  const answer = await fetch(`${SUPERVISOR}/services/mqtt`, {
    headers: { authorization: `Bearer ${process.env.SUPERVISOR_TOKEN ?? ""}` },
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  return answer.ok ? (await answer.json()).data : null;
};

const options = JSON.parse(
  readFileSync(join(process.env.WALKINGPAD2MQTT_STORE_PATH ?? "/data", "options.json"), "utf8"),
);

if (!options.mqtt_url) {
  const service = await mqttService().catch(() => null);
  if (service === null) {
    process.stderr.write(
      "Home Assistant offers no MQTT broker. Install the Mosquitto add-on, or set mqtt_url.\n",
    );
    process.exit(CONFIG_ERROR);
  }
  put("mqtt_url", `${service.ssl ? "mqtts" : "mqtt"}://${service.host}:${service.port}`);
  put("mqtt_username", service.username);
  put("mqtt_password", service.password);
}
for (const [key, value] of Object.entries(options)) put(key, value);

process.argv.splice(1, 1);
await import(pathToFileURL(process.argv[1]).href);
