import type { Route } from "playwright-core";
import { describe, expect, it, type TestContext } from "vitest";
import { configFor, newFolder, PAD, SECOND, started } from "../process/scene.js";
import { onVirtualRadio, sendToHook } from "../process/virtual-radio.js";
import { freePort } from "../support/mosquitto.js";
import type { Program, ProgramOptions } from "../support/program.js";
import { browserOfFile, DESKTOP, noBrowser, SOON, Tab, unlessNoBrowser } from "./browser.js";
import { urlOf } from "./demo.js";

const ENDED = "The bridge has ended. The belt is at rest. You may close this window.";
const STOPPING = "The bridge is stopping. The belt is brought to rest first.";
const LOST = "This page can neither show nor stop the belt. Use the pad's remote.";
/** What a browser notes of a server that is away: the page's own words are about the same. */
const AWAY = /ERR_|Failed to load resource/;

/** The real noble with a pad on a virtual controller, whose remote the test has; no broker. */
const settings = async (ctx: TestContext): Promise<ProgramOptions> => {
  const web = { enabled: true, port: await freePort() };
  return {
    folder: await newFolder(ctx),
    config: {
      ...configFor("mqtt://127.0.0.1:1", undefined, { web }),
      bluetooth: { radio: "noble" },
      simulator: { pads: [] },
    },
    ...onVirtualRadio({ pads: [{ address: PAD, model: "c2" }] }),
  };
};

/** Writes down each belt word, speed and banner that the page shows, from now on. */
const WATCH = `
  window.shown = [];
  const note = () => {
    const banner = document.querySelector(".banner-text p")?.textContent ?? "";
    const speed = document.querySelector("[data-speed]").textContent;
    const { belt } = document.querySelector("[data-belt]").dataset;
    window.shown.push({ banner, belt, speed: Number(speed) });
  };
  new MutationObserver(note).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });`;

interface Shown {
  readonly banner: string;
  readonly belt: string;
  readonly speed: number;
}
const shownBy = (tab: Tab): Promise<readonly Shown[]> => tab.page.evaluate<readonly Shown[]>("window.shown");

/** In the tree that a screen reader reads: what can be operated, with its name where it has one. */
const CONTROLS = /\b(?:link|button|radio|checkbox|slider|dialog)(?: "[^"]*")?(?=[ :\n]|$)/g;
/** With two pads at rest. */
const NAMES = [
  'link "Walk"',
  'link "History"',
  'button "office Standby"',
  'button "gym At rest"',
  'button "Slower"',
  'button "Change to 2.0 km/h"',
  'button "Change to 3.5 km/h"',
  'button "Change to 5.0 km/h"',
  'button "Faster"',
  'button "Start"',
  'button "STOP office"',
  'button "STOP gym"',
  'radio "km"',
  'radio "miles"',
  'radio "System"',
  'radio "Light"',
  'radio "Dark"',
  'checkbox "Arrow keys, + and − change the speed"',
  'button "Restart …"',
  'button "Shut down …"',
];

describe
  .skipIf(noBrowser)
  .concurrent(`the page while its bridge ends, dies and comes back${unlessNoBrowser}`, () => {
    const browser = browserOfFile();
    const walking = async (tab: Tab): Promise<void> => {
      await tab.untilBelt(/standby|idle/);
      await tab.start();
      await tab.untilSpeed((speed) => speed >= 1.5);
    };

    it("SIGTERM: stopping, the falling speed, at rest, ended; back by itself; kill -9: lost, back, the belt stopped", async (ctx) => {
      const options = await settings(ctx);
      const first = await started(ctx, options);
      const url = await urlOf(first);
      const tab = await Tab.open(ctx, browser(), url, DESKTOP, AWAY);
      await walking(tab);
      await tab.page.evaluate(WATCH);
      first.signal("SIGTERM");
      await tab.says(ENDED);
      expect(await first.exit(25_000)).toEqual({ code: 0, signal: null });
      const shown = await shownBy(tab);
      const falling = shown.filter(({ banner }) => banner === STOPPING).map(({ speed }) => speed);
      const fall = falling.slice(falling.lastIndexOf(Math.max(...falling)));
      expect(fall).toEqual(fall.toSorted((a, b) => b - a));
      expect(new Set(fall).size).toBeGreaterThan(2);
      expect(shown.some(({ banner, speed }) => banner !== ENDED && speed === 0)).toBe(true);
      expect(await tab.violations()).toEqual([]);

      const second = await started(ctx, options);
      await walking(tab);
      await tab.page.evaluate(WATCH);
      second.child.kill("SIGKILL");
      await tab.says(LOST);
      await tab.button(/^STOP/).waitFor();
      // A speed that was last seen is not shown as one of now.
      await tab.page.getByRole("link", { name: "History" }).click();
      await tab.button("STOP").waitFor();
      await tab.page.getByRole("link", { name: "Walk" }).click();
      expect(await tab.violations()).toEqual([]);
      const third = await started(ctx, options);
      await tab.untilBelt(/standby|idle/);
      // The belt that the crash has left moving.
      await sendToHook(third, { do: "press", address: PAD, key: "start-stop" });
      const words = async (): Promise<readonly string[]> => (await shownBy(tab)).map(({ belt }) => belt);
      await ctx.expect.poll(words, SOON).toEqual(expect.arrayContaining(["unknown", "starting"]));
      await third.untilLine(({ msg }) => msg.includes("crash"), SOON.timeout);
      await tab.untilBelt(/standby|idle/);
      expect((await sendToHook(third, { do: "speed", address: PAD })).speed).toBe(0);
      expect((await shownBy(tab)).some(({ banner }) => banner.endsWith(LOST))).toBe(true);
      third.signal("SIGTERM");
      await tab.says(ENDED);
    });

    it("a link that is lost, a stop that is pressed then; a connection that falls silent", async (ctx) => {
      const options = await settings(ctx);
      const program = await started(ctx, options);
      const tab = await Tab.open(ctx, browser(), await urlOf(program), DESKTOP, AWAY);
      await walking(tab);
      const range = (out: boolean) => sendToHook(program, { do: "range", address: PAD, out });
      await range(true);
      await sendToHook(program, { do: "drop", address: PAD });
      await tab.says("The Bluetooth connection was lost while the belt moved; it may still be moving.");
      await tab.says(/^Last seen at /);
      expect(await tab.belt()).toBe("unknown");
      await tab.button(/^STOP/).click();
      await tab.says("Stop sent");
      expect((await sendToHook(program, { do: "speed", address: PAD })).speed).toBeGreaterThan(0);
      await range(false);
      await tab.untilBelt(/standby|idle/);
      expect((await sendToHook(program, { do: "speed", address: PAD })).speed).toBe(0);

      await silent(ctx, tab, program);
      program.signal("SIGTERM");
      await tab.says(ENDED);
    });

    it("a screen reader gets a name for all; a dialog has the focus until it is closed; a start that meets the bridge's end is refused, and says why", async (ctx) => {
      const pads = [
        { id: "office", address: PAD },
        { id: "gym", address: SECOND, model: "ftms" },
      ];
      const web = { enabled: true, port: await freePort() };
      const config = configFor("mqtt://127.0.0.1:1", pads, { web });
      const url = await urlOf(await started(ctx, { folder: await newFolder(ctx), config }));
      const tab = await Tab.open(ctx, browser(), url, DESKTOP, AWAY);
      const { page } = tab;
      await tab.untilBelt(/standby|idle/);
      const controls = async (): Promise<readonly string[]> =>
        (await page.locator("dialog[open], body:not(:has(dialog[open]))").ariaSnapshot()).match(CONTROLS) ??
        [];
      await ctx.expect.poll(controls, SOON).toEqual(NAMES);
      await walking(tab);
      await tab.button(/^gym/).click();
      await tab.untilBelt(/standby|idle/);
      const held = new Promise<Route>((resolve) => void page.route("**/pads/gym/set", resolve));
      await tab.start();

      const focused = (): Promise<string> => page.evaluate<string>("document.activeElement.innerText");
      await tab.button("Shut down …").focus();
      await page.keyboard.press("Enter");
      await ctx.expect.poll(focused, SOON).toBe("Cancel");
      expect(await controls()).toEqual([
        'dialog "Shut down the bridge?"',
        'button "Cancel"',
        'button "Shut down"',
      ]);
      await page.keyboard.press("Escape");
      await ctx.expect.poll(focused, SOON).toBe("Shut down …");
      await page.keyboard.press("Enter");
      await ctx.expect.poll(focused, SOON).toBe("Cancel");
      await page.keyboard.press("Tab");
      expect(await focused()).toBe("Shut down");
      await page.keyboard.press("Enter");
      await tab.says(STOPPING);
      await (await held).continue();
      await tab.says("The bridge is ending and stops the belt. Start it again when the bridge is back.");
      expect(await tab.button("Start").getAttribute("aria-disabled")).toBe("true");
      await tab.says(ENDED);
    });
  });

/** Nothing is sent any more, and nothing ends: said within 5 s of the last word. The page's clock is turned by hand. */
const silent = async ({ expect }: TestContext, tab: Tab, program: Program): Promise<void> => {
  await tab.page.clock.install();
  await tab.page.reload();
  await tab.page.clock.runFor(1_000);
  await tab.untilBelt(/standby|idle/);
  program.signal("SIGSTOP");
  try {
    await tab.page.clock.runFor(5_000);
    await tab.says(LOST);
  } finally {
    program.signal("SIGCONT");
  }
  await tab.page.clock.runFor(2_000);
  await expect
    .poll(async () => {
      await tab.page.clock.runFor(1_000);
      return tab.page.getByText(LOST).count();
    }, SOON)
    .toBe(0);
  await tab.page.clock.resume();
};
