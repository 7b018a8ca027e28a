import { bridgeDiscovery, padDiscovery } from "../../src/mqtt/homeassistant/discovery.js";
import { withoutAbbreviations } from "../support/home-assistant-abbreviations.js";
import { modelFor } from "../../src/protocol/models.js";

const context = { base: "walkingpad2mqtt", discoveryPrefix: "homeassistant", version: "1.2.3" };

/** A WiLink pad with the name that the dashboard is made for, and every goal. */
const PAD = {
  id: "office",
  name: "Walking pad",
  address: "57:4c:4e:00:11:22",
  protocol: "wilink",
  model: "C2",
  capabilities: modelFor("wilink", "KS-BLC2").defaults,
  goals: { distance: 5000, steps: 6000, duration: 3600, calories: 200 },
} as const;

/** One entity as Home Assistant makes it of our discovery. */
export interface Discovered {
  readonly id: string;
  readonly platform: string;
  readonly deviceClass: string | null;
  /** The words that its state can be; null: not an enum. */
  readonly words: readonly string[] | null;
}

/** docs/protocol/home-assistant-mqtt.md 6: <device> <entity>, in small letters with _ between the words. */
const slug = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_|_$/g, "");

const words = (list: unknown): readonly string[] | null =>
  Array.isArray(list) ? (list as readonly string[]) : null;

export const discovered: readonly Discovered[] = [
  bridgeDiscovery(context),
  padDiscovery(context, PAD),
].flatMap(({ payload }) => {
  const { device: dev, components } = withoutAbbreviations(payload);
  return Object.values(components).map(({ platform: p, name, device_class: deviceClass, options }) => {
    const device = String(dev["name"]);
    return {
      id: `${String(p)}.${slug(typeof name === "string" ? `${device} ${name}` : device)}`,
      platform: String(p),
      deviceClass: typeof deviceClass === "string" ? deviceClass : null,
      words: words(options),
    };
  });
});
