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
const TOPS = `[...document.querySelectorAll(".stop")].map((one) => one.getBoundingClientRect().top)`;
/** Of the facts on the first STOP to its name: above 0, a line of their own. */
const BELOW = `(() => {
  const [name, facts] = [".stop-name", ".stop-facts"].map((one) => document.querySelector(".stop " + one));
  return facts && facts.getBoundingClientRect().top - name.getBoundingClientRect().top;
})()`;
const STOP_COLOUR = `getComputedStyle(document.querySelector(".stop")).backgroundColor`;

describe.skipIf(noBrowser).concurrent(`the page of many pads, on a phone${unlessNoBrowser}`, () => {
  const browser = browserOfFile();

  it("each STOP shows its pad and its request, and covers neither the end of the page nor the focus", async (ctx) => {
    const tab = await Tab.open(ctx, browser(), await serve(ctx, NAMES, await newFolder(ctx)), PHONE);
    const { page } = tab;
    await tab.untilBelt(/standby|idle/);
    expect(await page.locator(".stop").count()).toBe(NAMES.length);
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
    expect(await page.evaluate(BELOW)).toBeGreaterThan(0);
    expect(await page.evaluate(TOPS)).toEqual(before);
    expect(await tab.violations()).toEqual([]);
    expect(await tab.overflow()).toEqual([]);

    const red = await page.evaluate(STOP_COLOUR);
    await page.emulateMedia({ forcedColors: "active" });
    expect(await page.evaluate(STOP_COLOUR)).toBe(red);
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
