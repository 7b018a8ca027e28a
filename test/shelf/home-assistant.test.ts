import { describe, expect, it } from "vitest";
import { discovered } from "./entities.js";
import { filesBelow, homeAssistantYaml, isNode, type Node, Tagged, text, walk } from "./files.js";

const DASHBOARD = "docs/home-assistant/dashboard.yaml";
const BLUEPRINTS = filesBelow("docs/home-assistant/blueprints", ".yaml");

/** Of Home Assistant 2024.11, with the keys that they need. */
const ACTIONS: Readonly<Record<string, readonly string[]>> = { "button.press": ["target"] };
const CARDS = [
  "button",
  "conditional",
  "entities",
  "gauge",
  "grid",
  "heading",
  "history-graph",
  "markdown",
  "sections",
  "statistics-graph",
  "tile",
];
const TRIGGERS = ["numeric_state", "state", "time", "time_pattern"];
const CONDITIONS = ["not", "state", "template", "time"];
const SELECTORS = ["action", "entity", "number", "select", "time"];
const ENTITY = /\b(?:binary_sensor|button|event|number|select|sensor|switch)\.[a-z0-9_]+/g;

const strings = (tree: unknown): string[] =>
  walk(tree).flatMap(([, value]) => (typeof value === "string" ? [value] : []));
const under = (tree: unknown, key: string): unknown[] =>
  walk(tree).flatMap(([name, value]) => (name === key && !Array.isArray(value) ? [value] : []));
const nodes = (tree: unknown): Node[] => walk(tree).flatMap(([, value]) => (isNode(value) ? [value] : []));

/** Actions by either of their names. */
const actionsIn = (tree: unknown): (readonly [action: unknown, with_: Node])[] =>
  nodes(tree).flatMap((node) => {
    const action =
      node["perform_action"] ?? (typeof node["action"] === "string" ? node["action"] : undefined);
    return action === undefined || action === "perform-action" ? [] : [[action, node] as const];
  });
const expectKnownActions = (tree: unknown): void => {
  for (const [action, node] of actionsIn(tree)) {
    expect(Object.keys(ACTIONS)).toContain(action);
    expect(Object.keys(node)).toEqual(expect.arrayContaining([...(ACTIONS[String(action)] ?? [])]));
  }
};

/** YAML 1.1 makes true of a bare `on`, and Home Assistant compares states with words. */
const expectWords = (tree: unknown): void => {
  for (const key of ["state", "state_not", "to", "from", "busy_states"])
    for (const value of under(tree, key)) expect(typeof value).not.toBe("boolean");
};

describe("the dashboard", () => {
  const dashboard = homeAssistantYaml(DASHBOARD);
  const actions = actionsIn(dashboard).map(([action]) => action);
  const used = strings(dashboard)
    .filter((value) => !actions.includes(value))
    .flatMap((value) => value.match(ENTITY) ?? []);

  it("uses entities as discovery creates them, and no others", () => {
    expect(new Set(used).size).toBeGreaterThan(20);
    const ids = discovered.map(({ id }) => id);
    expect([...new Set(used)].filter((id) => !ids.includes(id))).toEqual([]);
  });

  it("is made of cards and actions that Home Assistant has", () => {
    const types = nodes(dashboard).flatMap(({ type, style }) =>
      typeof type !== "string" || style !== undefined ? [] : [type],
    );
    expect([...new Set(types)].filter((type) => !CARDS.includes(type))).toEqual([]);
    expect(actions).not.toEqual([]);
    expectKnownActions(dashboard);
  });

  it("waits for states that there are", () => {
    expectWords(dashboard);
    const conditions = nodes(dashboard).filter(({ condition }) => condition === "state");
    expect(conditions.length).toBeGreaterThan(2);
    for (const { entity, state, state_not: not } of conditions) {
      const known = discovered.find(({ id }) => id === entity)?.words ?? ["on", "off"];
      // A tile that is hidden while its entity is not there asks for words that every entity can have.
      for (const word of [state ?? not].flat())
        expect([...known, "unavailable", "unknown", "off"]).toContain(word);
    }
  });

  it("shows a stopping bridge, an offline bridge, and a pad's problem", () => {
    const asked = nodes(dashboard).flatMap(({ conditions }) =>
      Array.isArray(conditions) ? [conditions] : [],
    );
    expect(asked).toEqual([
      [expect.objectContaining({ entity: "sensor.walkingpad_bridge_status", state: "stopping" })],
      [expect.objectContaining({ state_not: "online" }), expect.objectContaining({ state_not: "stopping" })],
      [expect.objectContaining({ entity: "binary_sensor.walking_pad_problem", state: "on" })],
    ]);
  });
});

it("there is a blueprint for meetings, for an empty home, for a reminder and for the morning", () => {
  expect(BLUEPRINTS.map((path) => path.replace(/.*\//, "")).sort()).toEqual([
    "good-morning-goal.yaml",
    "pause-for-a-meeting.yaml",
    "remind-to-walk.yaml",
    "stop-when-nobody-is-home.yaml",
  ]);
});

describe.each(BLUEPRINTS)("%s", (path) => {
  const { blueprint, ...automation } = homeAssistantYaml(path) as Node & { blueprint: Node };
  const inputs = blueprint["input"] as Readonly<Record<string, Node>>;

  it("is a blueprint of an automation, and names the Home Assistant version that it needs", () => {
    expect(blueprint).toMatchObject({
      name: expect.stringMatching(/^Walking pad: /) as string,
      description: expect.stringMatching(/\.$/) as string,
      domain: "automation",
      homeassistant: { min_version: "2024.11.0" },
    });
    const keys = ["mode", "max_exceeded", "variables", "triggers", "conditions", "actions"];
    expect(Object.keys(automation).filter((key) => !keys.includes(key))).toEqual([]);
  });

  it("declares the inputs that it uses, and uses those that it declares", () => {
    const used = walk(automation).flatMap(([, value]) => (value instanceof Tagged ? [value] : []));
    expect(used.every(({ tag }) => tag === "!input")).toBe(true);
    expect([...new Set(used.map(({ name }) => name))].sort()).toEqual(Object.keys(inputs).sort());
  });

  it("uses selectors of Home Assistant, and entities that discovery creates", () => {
    for (const { name, selector } of Object.values(inputs)) {
      expect(name).toEqual(expect.any(String));
      expect(SELECTORS).toContain(Object.keys(selector as Node).join());
    }
    const filters = nodes(inputs).filter(({ integration }) => integration === "mqtt");
    for (const { domain, device_class: deviceClass } of filters) {
      const fitting = discovered.filter(
        (entity) =>
          entity.platform === domain && [undefined, entity.deviceClass].includes(deviceClass as string),
      );
      expect(fitting).not.toEqual([]);
    }
    expect(filters).not.toEqual([]);
  });

  it("is made of triggers, conditions and actions that Home Assistant has", () => {
    const { triggers, conditions, actions } = automation;
    expect(under(triggers, "trigger").filter((one) => !TRIGGERS.includes(String(one)))).toEqual([]);
    expect(under(conditions, "condition").filter((one) => !CONDITIONS.includes(String(one)))).toEqual([]);
    expect(under(triggers, "trigger")).not.toEqual([]);
    expect((actions as readonly Node[]).flatMap(Object.keys)).toEqual(
      expect.arrayContaining(["sequence"]) as string[],
    );
    expectKnownActions(actions);
    expectWords(automation);
  });

  it("compares the Belt sensor with values that it has", () => {
    const belt = discovered.find(({ id }) => id === "sensor.walking_pad_belt")?.words;
    const asked = nodes(automation["conditions"]).flatMap(({ condition, state }) =>
      condition === "state" && Array.isArray(state) ? (state as readonly string[]) : [],
    );
    expect(belt).toEqual(expect.arrayContaining(asked));
  });

  it("never starts a belt", () => {
    for (const [action, { target }] of actionsIn(automation))
      expect([action, target]).toEqual(["button.press", { entity_id: new Tagged("!input", "stop_button") }]);
    expect(text(path)).not.toMatch(/turn_on|toggle|set_value/);
  });
});
