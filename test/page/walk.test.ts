import type { Route } from "playwright-core";
import { describe, expect, it, type TestContext } from "vitest";
import { browserOfFile, DESKTOP, noBrowser, PHONE, SOON, Tab, unlessNoBrowser } from "./browser.js";
import type { PadOnBroker, PadWords } from "../process/pad-on-broker.js";
import { type Demo, demoOfFile } from "./demo.js";

const C2 = "Demo C2";
const TREADMILL = "Demo Treadmill";
/** Within a group; the groups run beside each other. */
const ONE_BY_ONE = { concurrent: false };

// The test's own expect: the global one knows of no test while several run beside each other.
const atRest = async ({ expect }: TestContext, ...pads: readonly PadOnBroker[]): Promise<void> => {
  for (const pad of pads)
    await expect.poll(() => pad.last(), SOON).toMatchObject({ speed: 0, stop_confirmed: true });
};

const focused = (tab: Tab): Promise<string> =>
  tab.page.evaluate<string>(
    "document.activeElement === document.body ? '' : document.activeElement.innerText",
  );

const tabTo = async (tab: Tab, name: RegExp): Promise<void> => {
  do await tab.page.keyboard.press("Tab");
  while (!name.test(await focused(tab)));
};

/** By mouse; the other pads may move. */
const choose = async (tab: Tab, pad: string): Promise<void> => {
  await tab.button(new RegExp(`^${pad}`)).click();
  await tab.page.getByRole("heading", { name: pad }).waitFor();
  await tab.untilBelt(/standby|idle|paused/);
};

/** Chooses the pad, starts, faster, stops, resumes, stops and ends the walk. */
const byKeyboard = async (tab: Tab, pad: string): Promise<void> => {
  const { keyboard } = tab.page;
  await tabTo(tab, new RegExp(`^${pad}`));
  await keyboard.press("Enter");
  await tab.untilBelt(/standby|idle/);
  await tabTo(tab, /^Start$/);
  await tab.start(() => keyboard.press("Enter"));
  await tab.untilBelt(/running/);
  expect(await focused(tab)).toMatch(/^STOP/);
  const from = await tab.speed();
  await keyboard.press("ArrowUp");
  await tab.untilSpeed((speed) => speed >= from + 0.4);
  await keyboard.press("Space");
  await tab.untilBelt(/paused|idle|standby/);
  await tabTo(tab, /^Resume$/);
  await tab.start(() => keyboard.press("Enter"));
  await tab.untilBelt(/running/);
  await keyboard.press("Space");
  await tab.untilBelt(/paused|idle|standby/);
  await tabTo(tab, /^End walk$/);
  await keyboard.press("Enter");
  await tab.says("Last walk");
};

describe.skipIf(noBrowser)(`a walk on the page of the demo${unlessNoBrowser}`, () => {
  const browser = browserOfFile();
  const [demo, other] = [demoOfFile(), demoOfFile()];
  const open = (ctx: TestContext, on: Demo, options: object = DESKTOP): Promise<Tab> =>
    Tab.open(ctx, browser(), on.url, options);

  /** All tabs and the MQTT client show the same belt and speed. */
  const agree = ({ expect }: TestContext, tabs: readonly Tab[]): Promise<void> =>
    expect
      .poll(async () => {
        const { belt, speed } = demo().wilink.last() ?? {};
        const shown = await Promise.all(
          tabs.map(async (tab) => `${await tab.belt()} ${(await tab.speed()).toFixed(1)}`),
        );
        return new Set([`${belt} ${speed?.toFixed(1)}`, ...shown]);
      }, SOON)
      .toHaveProperty("size", 1);

  describe.concurrent("its first pad", () => {
    it(
      "by mouse on a desktop and by finger on a phone, with an MQTT client: all three agree",
      ONE_BY_ONE,
      async (ctx) => {
        const { wilink } = demo();
        const desktop = await open(ctx, demo(), { ...DESKTOP, colorScheme: "light" });
        const phone = await open(ctx, demo(), { ...PHONE, colorScheme: "dark" });
        const tabs = [desktop, phone];
        await desktop.untilBelt(/standby|idle/);
        await agree(ctx, tabs);
        for (const tab of tabs) expect(await tab.violations()).toEqual([]);

        await desktop.start();
        await phone.untilBelt(/running/);
        await desktop.button("Change to 2.0 km/h").click();
        await desktop.untilSpeed((speed) => speed === 2);
        await agree(ctx, tabs);
        await phone.button("Faster").tap();
        await desktop.says("Target 2.5 km/h");
        await desktop.untilSpeed((speed) => speed === 2.5);
        await agree(ctx, tabs);
        expect((await wilink.ask({ speed: 3 })).status).toBe("ok");
        await agree(ctx, tabs);
        await phone.says("Last ten minutes");
        for (const tab of tabs) {
          expect(await tab.violations()).toEqual([]);
          expect(await tab.overflow()).toEqual([]);
        }

        await phone.stop(C2).tap();
        for (const tab of tabs) await tab.untilBelt(/idle/);
        await agree(ctx, tabs);
        await desktop.button("Resume").waitFor();
        await desktop.button("End walk").click();
        await phone.says("Last walk");
        await atRest(ctx, wilink);
      },
    );

    it("by the keyboard alone", ONE_BY_ONE, async (ctx) => {
      await byKeyboard(await open(ctx, demo()), C2);
      await atRest(ctx, demo().wilink);
    });
  });

  describe.concurrent("its second pad", () => {
    it("by the keyboard alone", ONE_BY_ONE, async (ctx) => {
      await byKeyboard(await open(ctx, demo()), TREADMILL);
      await atRest(ctx, demo().ftms);
    });

    it(
      "a preset that is delayed until the belt rests starts nothing, and shows it beside the buttons",
      ONE_BY_ONE,
      async (ctx) => {
        const { ftms, probe } = demo();
        const tab = await open(ctx, demo());
        await choose(tab, TREADMILL);
        const held = new Promise<Route>((resolve) => void tab.page.route("**/set?start=never", resolve));
        expect((await ftms.ask({ belt: "ON" })).status).toBe("ok");
        await tab.untilBelt(/running/);
        await tab.button("Change to 5.5 km/h").click();
        const request = await held;
        expect((await ftms.ask({ belt: "OFF" })).status).toBe("ok");
        await tab.untilBelt(/paused|idle/);
        const from = probe.mark();
        await request.continue();
        // Either way, as the belt took less or more than 5 s to rest.
        await tab.says(
          /no speed was set and nothing was started|more than 5 s old, so it was not carried out/,
        );
        expect((await ftms.ask({ belt: "OFF" })).status).toBe("ok");
        expect(ftms.states(from).every(({ speed }) => speed === 0)).toBe(true);
      },
    );

    it(
      "a start that is delayed for more than 5 s starts nothing, and shows the reason",
      ONE_BY_ONE,
      async (ctx) => {
        const { ftms, probe } = demo();
        const tab = await open(ctx, demo());
        await choose(tab, TREADMILL);
        await tab.page.route("**/set", (route) => {
          const { at } = route.request().postDataJSON() as { at: string };
          setTimeout(() => void route.continue(), Date.parse(at) + 5_200 - Date.now());
        });
        const from = probe.mark();
        await tab.start();
        await tab.says("The message is more than 5 s old, so it was not carried out.");
        expect(ftms.states(from).every(({ speed }) => speed === 0)).toBe(true);
      },
    );
  });

  describe.concurrent("both pads of another demo", () => {
    it(
      "the second by mouse; Space stops what the mouse has started, and resumes the paused walk once it is calm",
      ONE_BY_ONE,
      async (ctx) => {
        const { ftms } = other();
        const tab = await open(ctx, other());
        await choose(tab, TREADMILL);
        await tab.start();
        await tab.untilBelt(/running/);
        await tab.page.keyboard.press("Space");
        await tab.button("Resume").waitFor();
        const resumed = async (): Promise<string | null> => {
          const belt = await tab.belt();
          // Pressed once more, it would stop the belt that it has just started.
          if (belt !== "starting" && belt !== "running") await tab.page.keyboard.press("Space");
          return belt;
        };
        await ctx.expect.poll(resumed, { ...SOON, interval: 2_100 }).toMatch(/starting|running/);
        await tab.untilBelt(/running/);
        const from = await tab.speed();
        await tab.button("Faster").click();
        await tab.untilSpeed((speed) => speed >= from + 0.4);
        await tab.stop(TREADMILL).click();
        await tab.button("End walk").click();
        await tab.says("Last walk");
        await atRest(ctx, ftms);
      },
    );

    it("STOP that is hammered keeps no connection from the other pad's STOP", ONE_BY_ONE, async (ctx) => {
      const { wilink, ftms, probe } = other();
      const tab = await open(ctx, other());
      await Promise.all([wilink, ftms].map((pad) => pad.ask({ belt: "ON" })));
      expect((await wilink.ask({ speed: 4 })).status).toBe("ok");
      await tab.untilSpeed((speed) => speed === 4);
      const from = probe.mark();
      // All in one turn of the page: more than a browser has connections.
      await tab.page.evaluate(`
        const [first, second] = document.querySelectorAll(".stop");
        for (let press = 0; press < 12; press += 1) first.click();
        second.click();`);
      const isStopped = ({ speed }: PadWords): boolean => speed === 0;
      await ftms.until(isStopped, SOON.timeout, from);
      expect(wilink.states(from).some(isStopped)).toBe(false);
      await atRest(ctx, wilink, ftms);
    });

    it("STOP stops every belt before the first picture has come", ONE_BY_ONE, async (ctx) => {
      const { url, wilink, ftms } = other();
      const pads = [wilink, ftms];
      for (const result of await Promise.all(pads.map((pad) => pad.ask({ belt: "ON" }))))
        expect(result.status).toBe("ok");
      const tab = await Tab.open(null, browser(), "about:blank", DESKTOP, /./);
      await tab.page.route("**/api/events", () => undefined);
      await tab.page.goto(url);
      await tab.button(/^STOP every pad/).click();
      await atRest(ctx, ...pads);
      await tab.page.context().close();
    });
  });
});
