// npm run pictures: the pictures of README and docs, taken of the real page while the built program walks simulated pads.
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { DESKTOP, launch, PHONE, Tab } from "../test/page/browser.js";
import { urlOf } from "../test/page/demo.js";
import { freePort } from "../test/support/mosquitto.js";
import { Program, ROOT } from "../test/support/program.js";
import { storeWalks } from "./page/stored-walks.js";

/** Another folder gets every scene in every look, to look at them; docs only what its pages show. */
const [, , elsewhere] = process.argv;
const FOLDER = elsewhere ?? join(ROOT, "docs", "pictures");
const SHOWN = [
  "walking-desktop-light.png",
  "walking-desktop-dark.png",
  "walking-phone-light.png",
  "stopping-phone-light.png",
  "history-phone-dark.png",
];
/** Long enough for the chart to show something. */
const WALK_MS = elsewhere === undefined ? 120_000 : 15_000;
const PADS = [
  { id: "office", name: "Office", address: "57:4c:4e:00:00:01" },
  { id: "gym", name: "Gym treadmill", address: "57:4c:4e:00:00:02" },
] as const;
const MODELS = { office: "c2", gym: "ftms" } as const;

const configOf = (pads: readonly (typeof PADS)[number][], port: number) => ({
  mqtt: { url: "embedded" },
  embedded_broker: { port },
  web: { port: port + 1 },
  bluetooth: { radio: "simulator" },
  goals: { distance: 5, steps: 8000, duration: 90, calories: null },
  pads,
  simulator: { pads: PADS.map(({ id, address }) => ({ address, model: MODELS[id] })) },
});

interface Look {
  readonly theme: "light" | "dark";
  readonly size: "phone" | "desktop";
}
const LOOKS: readonly Look[] = [
  { theme: "light", size: "phone" },
  { theme: "dark", size: "phone" },
  { theme: "light", size: "desktop" },
  { theme: "dark", size: "desktop" },
];
const nameOf = (scene: string, { theme, size }: Look): string => `${scene}-${size}-${theme}.png`;

/** One tab in each look, all of them open at the same time: the belt does not wait. */
const openAll = (browser: Browser, url: string): Promise<readonly (readonly [Look, Tab])[]> =>
  Promise.all(
    LOOKS.map(async (look) => {
      const size = look.size === "phone" ? PHONE : DESKTOP;
      const options = { ...size, colorScheme: look.theme, deviceScaleFactor: 1 };
      return [look, await Tab.open(null, browser, url, options)] as const;
    }),
  );

type Tabs = Awaited<ReturnType<typeof openAll>>;

const shoot = async (tabs: Tabs, scene: string): Promise<void> => {
  for (const [look, { page }] of tabs) {
    const name = nameOf(scene, look);
    if (elsewhere === undefined && !SHOWN.includes(name)) continue;
    await page.screenshot({ path: join(FOLDER, name), animations: "disabled" });
    process.stdout.write(`${name}\n`);
  }
};

const folder = await mkdtemp(join(tmpdir(), "pictures-"));
await mkdir(FOLDER, { recursive: true });
const browser = await launch();
try {
  const port = await freePort();
  const empty = await Program.start({ folder: join(folder, "empty"), config: configOf([], port) });
  const first = await openAll(browser, await urlOf(empty));
  for (const [, tab] of first) await tab.button("Look for pads").click();
  for (const [, tab] of first) await tab.button("Use this pad").first().waitFor();
  await shoot(first, "first-pad");
  await empty.dispose();

  await storeWalks(join(folder, "data"), PADS[0].id, 60);
  const options = { folder, config: configOf(PADS, port) };
  const program = await Program.start(options);
  const tabs = await openAll(browser, await urlOf(program));
  const [[, main]] = tabs as [readonly [Look, Tab]];
  await main.untilBelt(/standby|idle/);
  await shoot(tabs, "rest");
  await main.start();
  await main.untilBelt(/running/);
  await main.button("Change to 3.5 km/h").click();
  await main.untilSpeed((speed) => speed === 3.5);
  // The chart, and a distance: the pad counts in tens of metres.
  await main.page.waitForTimeout(WALK_MS);
  await main.button("Faster").click();
  await main.untilSpeed((speed) => speed === 4);
  await main.page.waitForTimeout(15_000);
  await shoot(tabs, "walking");
  await main.stop("Office").click();
  await main.button("Resume").waitFor();
  await shoot(tabs, "paused");
  for (const [, { page }] of tabs) await page.getByRole("link", { name: "History" }).click();
  for (const [, { page }] of tabs) await page.getByRole("radio", { name: "Month" }).check();
  for (const [, tab] of tabs) await tab.says(/^Best day/);
  await shoot(tabs, "history");
  for (const [, { page }] of tabs) {
    await page.locator(".bars-plot").press("ArrowLeft");
    await page.locator(".walk-row").first().click();
    await page.locator(".walk-chart canvas").first().waitFor();
    await page.locator(".walk-detail").scrollIntoViewIfNeeded();
  }
  await shoot(tabs, "one-walk");
  for (const [, { page }] of tabs) await page.getByRole("link", { name: "Walk" }).click();
  await main.start();
  await main.untilSpeed((speed) => speed > 3);
  program.signal("SIGINT");
  await main.untilSpeed((speed) => speed < 2.5);
  await shoot(tabs, "stopping");
  await main.says("You may close this window.");
  await shoot(tabs, "ended");

  const crashing = await Program.start(options);
  await main.untilBelt(/standby|idle/);
  await main.start();
  await main.untilSpeed((speed) => speed > 1);
  crashing.signal("SIGKILL");
  for (const [, tab] of tabs) await tab.says("The connection to the bridge is lost.");
  await shoot(tabs, "lost");
} finally {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
}
