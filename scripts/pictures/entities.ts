import { shows } from "../../test/support/home-assistant.js";
import { render } from "../../test/support/jinja.js";
import type { Recorded } from "../../test/support/mqtt-probe.js";

type Component = Readonly<Record<string, unknown>>;

/** An entity as Home Assistant would have it now. */
export interface Entity {
  readonly name: string;
  /** `unavailable` and `unknown` as Home Assistant says it. */
  readonly state: string;
  readonly unit: string;
  readonly component: Component;
}

const slug = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_|_$/g, "");

/** Every entity of our discovery, by its id, in the state that the last message of each topic gives it. */
export const entitiesOf = (messages: readonly Recorded[]): ReadonlyMap<string, Entity> => {
  const last = new Map(messages.map(({ topic, payload }) => [topic, payload]));
  const json = (topic: unknown): unknown => JSON.parse(last.get(String(topic)) ?? "null");
  const isAvailable = ({ availability = [] }: Component): boolean =>
    (availability as readonly Component[]).every(
      ({ topic, value_template: template }) =>
        json(topic) !== null && render(String(template), json(topic)) === "online",
    );
  const stateOf = (component: Component): string => {
    if (!isAvailable(component)) return "unavailable";
    const payload = json(component["state_topic"]);
    if (payload === null || component["value_template"] === undefined) return "unknown";
    const { state } = shows(component, payload);
    return state === "None" ? "unknown" : state;
  };
  const devices = [...last.keys()].filter((topic) => /^homeassistant\/device\/.*\/config$/.test(topic));
  return new Map(
    devices.flatMap((topic) => {
      const { dev, cmps } = json(topic) as {
        dev: { name: string };
        cmps: Readonly<Record<string, Component>>;
      };
      return Object.values(cmps).map((component): [string, Entity] => {
        const own = component["name"];
        const full = typeof own === "string" ? `${dev.name} ${own}` : dev.name;
        const unit = component["unit_of_measurement"];
        return [
          `${String(component["p"])}.${slug(full)}`,
          {
            name: typeof own === "string" ? own : dev.name,
            state: stateOf(component),
            unit: typeof unit === "string" ? ` ${unit}` : "",
            component,
          },
        ];
      });
    }),
  );
};
