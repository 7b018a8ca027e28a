import { join } from "node:path";
import { describe, expect, it, type TestContext } from "vitest";
import { storeWalks } from "../../scripts/page/stored-walks.js";
import { configFor, newFolder, started } from "../process/scene.js";
import { freePort } from "../support/mosquitto.js";
import { browserOfFile, noBrowser, PHONE, SOON, Tab, unlessNoBrowser } from "./browser.js";
import { urlOf } from "./demo.js";

const addressOf = (index: number): string => `57:4c:4e:00:00:1${index}`;
/** Alike at their beginning. The first one is written from right to left. */
const NAMES = ["הליכון", ...Array.from({ length: 9 }, (_, index) => `Walking pad ${index + 1}`)];

/** A bridge without a broker; as many simulated pads as there are names. */
const serve = async (ctx: TestContext, names: readonly string[], folder: string): Promise<string> => {
  const port = await freePort();
  const pads = names.map((name, index) => ({ id: `pad-${index}`, name, address: addressOf(index) }));
  const config = { ...configFor("mqtt://127.0.0.1:1", pads, { web: { enabled: true, port } }), pads };
  return urlOf(await started(ctx, { folder, config, env: { TZ: "UTC" } }));
};

const SMALL = { viewport: { width: 360, height: 640 }, isMobile: true, hasTouch: true } as const;
/** 1280 × 1024 pixels at 400 %, as a browser lays them out. */
const ZOOMED = { viewport: { width: 320, height: 256 }, deviceScaleFactor: 4 } as const;

interface Stops {
  readonly share: number;
  readonly smallest: number;
  readonly inView: number;
}

/** The day on which the stored walks pause. */
const SUNDAY = 0;

// Run in the page, whose types are not those of the tests.
const BEHIND_STOP = `(() => {
  const bar = document.querySelector(".stop-bar");
  const one = document.activeElement;
  const isBehind = !bar.contains(one) && one.getBoundingClientRect().bottom > bar.getBoundingClientRect().top;
  return { end: one === document.body, behind: isBehind ? one.textContent || one.name || one.tagName : null };
})()`;
const CUT = `[...document.querySelectorAll(".stop-name, .stop-facts, .pad-tab-name")]
  .filter((one) => one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 1)
  .map((one) => one.textContent)`;
const TOPS = `[...document.querySelectorAll(".stops .stop")].map((one) => one.getBoundingClientRect().top)`;
/** The facts on the first STOP are on no line of its name. */
const APART = `(() => {
  const boxes = [".stop-name", ".stop-facts"].map((one) => document.querySelector(".stop " + one).getBoundingClientRect());
  const [upper, lower] = boxes.sort((one, other) => one.top - other.top);
  return upper.bottom <= lower.top + 1;
})()`;
const STOPS = `(() => {
  const bar = document.querySelector(".stop-bar").getBoundingClientRect();
  const boxes = [...document.querySelectorAll(".stops .stop")].map((one) => one.getBoundingClientRect());
  return {
    share: bar.height / innerHeight,
    smallest: Math.min(...boxes.flatMap(({ width, height }) => [width, height])),
    inView: boxes.filter(({ top, bottom }) => top >= bar.top && bottom <= innerHeight).length,
  };
})()`;
const STOP_COLOUR = `getComputedStyle(document.querySelector(".stop")).backgroundColor`;

describe.skipIf(noBrowser).concurrent(`the page of many pads, on a phone${unlessNoBrowser}`, () => {
  const browser = browserOfFile();

  it("each STOP shows its pad and its request, and covers neither the end of the page nor the focus", async (ctx) => {
    const tab = await Tab.open(ctx, browser(), await serve(ctx, NAMES, await newFolder(ctx)), PHONE);
    const { page } = tab;
    await tab.untilBelt(/standby|idle/);
    expect(await page.locator(".stops .stop").count()).toBe(NAMES.length);
    expect(await page.evaluate(CUT)).toEqual([]);

    const behind: unknown[] = [];
    for (let end = false; !end;) {
      await page.keyboard.press("Tab");
      const focus = await page.evaluate<{ end: boolean; behind: string | null }>(BEHIND_STOP);
      if (focus.behind !== null && !focus.end) behind.push(focus.behind);
      end = focus.end;
    }
    expect(behind).toEqual([]);
    await page.evaluate("scrollTo(0, document.body.scrollHeight)");
    await page.getByRole("button", { name: "Shut down …" }).click({ trial: true });

    await page.route("**/set", () => undefined);
    const before = await page.evaluate(TOPS);
    await page.locator(".stop").first().tap();
    await tab.says("Stop sent");
    expect(await page.evaluate(CUT)).toEqual([]);
    expect(await page.evaluate(APART)).toBe(true);
    expect(await page.evaluate(TOPS)).toEqual(before);
    expect(await tab.violations()).toEqual([]);
    expect(await tab.overflow()).toEqual([]);

    const red = await page.evaluate(STOP_COLOUR);
    await page.emulateMedia({ forcedColors: "active" });
    expect(await page.evaluate(STOP_COLOUR)).toBe(red);
  });

  it("every STOP is in view on a small phone, in a third of its height; what does not fit has one for every pad beside it", async (ctx) => {
    const url = await serve(ctx, NAMES, await newFolder(ctx));
    const tab = await Tab.open(ctx, browser(), url, SMALL);
    await tab.untilBelt(/standby|idle/);
    const { share, smallest, inView } = await tab.page.evaluate<Stops>(STOPS);
    expect(inView).toBe(NAMES.length);
    expect(smallest).toBeGreaterThanOrEqual(44);
    expect(share).toBeLessThan(0.34);
    expect(await tab.page.evaluate(CUT)).toEqual([]);
    expect(await tab.button(/^STOP every pad/).count()).toBe(0);

    const zoomed = await Tab.open(ctx, browser(), url, ZOOMED);
    await zoomed.untilBelt(/standby|idle/);
    expect((await zoomed.page.evaluate<Stops>(STOPS)).inView).toBeLessThan(NAMES.length);
    expect((await zoomed.page.evaluate<Stops>(STOPS)).smallest).toBeGreaterThanOrEqual(44);
    const stopped = zoomed.page.waitForRequest((request) => request.url() === `${url}/api/stop`);
    await zoomed.button(/^STOP every pad/).click();
    await stopped;
    expect(await zoomed.violations()).toEqual([]);
    expect(await zoomed.overflow()).toEqual([]);
    await zoomed.page.setViewportSize(SMALL.viewport);
    await zoomed.button(/^STOP every pad/).waitFor({ state: "detached" });
  });

  it("walks of a pad that is no longer configured are under its id, not as those of the only pad", async (ctx) => {
    const folder = await newFolder(ctx);
    await storeWalks(join(folder, "data"), "attic", 7, () => false);
    const sixDaysAgo = new Date(Date.now() - 6 * 86_400_000);
    const tab = await Tab.open(ctx, browser(), await serve(ctx, ["Office"], folder), PHONE);
    await tab.page.getByRole("link", { name: "History" }).tap();
    const days = tab.page.getByRole("slider", { name: /^Days\./ });
    const rows = tab.page.locator(".walk-row");
    await days.press("Home");
    if (sixDaysAgo.getUTCDay() === SUNDAY) await days.press("ArrowRight");
    await ctx.expect.poll(() => rows.first().locator(".walk-pad").textContent(), SOON).toBe("attic");
    await rows.first().tap();
    await tab.says("on attic");
  });
});
