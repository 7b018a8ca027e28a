// The pictures of the docs, from the program itself: npm run build && npx tsx scripts/pictures.ts. It needs util-linux'
// `script` for a terminal. What is drawn as a dashboard is drawn by us, and says so: the values are those that Home
// Assistant would have, the look is not its own.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../test/support/mosquitto.js";
import { MqttProbe, type Recorded } from "../test/support/mqtt-probe.js";
import { Program, ROOT } from "../test/support/program.js";
import { homeAssistantYaml } from "../test/shelf/files.js";
import { type Card, column, type Scene } from "./pictures/cards.js";
import { entitiesOf } from "./pictures/entities.js";
import { document, label, rect, SANS } from "./pictures/svg.js";
import { terminalPicture } from "./pictures/terminal.js";

const COLUMNS = 112;
const SECTION = 330;
const GAP = 16;
const STATE = "walkingpad2mqtt/office/state";
const PAD = { id: "office", name: "Walking pad", address: "57:4c:4e:00:11:22" };

interface State {
  readonly belt: string;
  readonly speed: number | null;
}
const isState =
  (matches: (state: State) => boolean) =>
  ({ topic, payload }: Recorded): boolean =>
    topic === STATE && matches(JSON.parse(payload) as State);

const speedOf = (messages: readonly Recorded[]): Scene["speed"] => {
  const states = messages.filter(({ topic }) => topic === STATE);
  const from = states[0]?.at ?? 0;
  return states.map(({ at, payload }) => [(at - from) / 1000, (JSON.parse(payload) as State).speed ?? 0]);
};

const dashboard = (messages: readonly Recorded[]): string => {
  const { views } = homeAssistantYaml("docs/home-assistant/dashboard.yaml") as {
    views: readonly [{ sections: readonly { cards: readonly Card[] }[] }];
  };
  const scene: Scene = { entities: entitiesOf(messages), speed: speedOf(messages) };
  const columns = views[0].sections.map(({ cards }, index) =>
    column(cards, scene, [GAP + index * (SECTION + GAP), SECTION], 44),
  );
  const width = GAP + columns.length * (SECTION + GAP);
  const height = Math.max(...columns.map(({ bottom }) => bottom)) + 8;
  const note =
    "Drawn by scripts/pictures.ts from dashboard.yaml and a simulated walk. Home Assistant looks different.";
  return document(width, height, SANS, [
    rect({ x: 0, y: 0, width, height }, "#f4f5f7"),
    label(GAP, 28, note, 'font-size="13" font-style="italic" fill="#6b6b6b"'),
    ...columns.flatMap(({ parts }) => parts),
  ]);
};

const save = (name: string, svg: string): void => {
  writeFileSync(join(ROOT, "docs", "pictures", name), svg);
  process.stdout.write(`docs/pictures/${name}: ${Math.round(svg.length / 1000)} kB\n`);
};

const onTerminal = (command: readonly string[]): readonly string[] => [
  ...["script", "--quiet", "--return", "--command"],
  `stty cols ${COLUMNS}; exec ${command.map((word) => `'${word}'`).join(" ")}`,
  "/dev/null",
];
const waited = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const folder = mkdtempSync(join(tmpdir(), "pictures-"));
const port = await freePort();
const program = await Program.start({
  folder,
  wrap: onTerminal,
  env: { TERM: "xterm" },
  config: {
    mqtt: { url: "embedded" },
    embedded_broker: { port },
    bluetooth: { radio: "simulator" },
    goals: { steps: 6000 },
    pads: [PAD],
    simulator: { pads: [{ address: PAD.address, model: "c2" }] },
  },
});
await program.untilLine("connected", 20_000);
const probe = await MqttProbe.connect(`mqtt://127.0.0.1:${port}`);
await probe.until(
  isState(({ belt }) => belt === "standby"),
  10_000,
);
await probe.publish("walkingpad2mqtt/office/set", { speed: 3.5 });
await waited(45_000);
await probe.publish("walkingpad2mqtt/office/set/speed", "4.2");
await waited(45_000);
save("dashboard-walking.svg", dashboard(probe.messages));
program.child.stdin?.write("\u0003");
await probe.until(
  isState(({ belt, speed }) => belt === "stopping" && (speed ?? 9) < 2.5),
  20_000,
  probe.mark(),
);
await waited(600);
save("terminal-stopping.svg", terminalPicture(program.stdout, COLUMNS, 8));
save("dashboard-stopping.svg", dashboard(probe.messages));
await probe.close();
process.stdout.write(`the bridge ended with ${JSON.stringify(await program.exit(25_000))}\n`);
rmSync(folder, { recursive: true, force: true });
