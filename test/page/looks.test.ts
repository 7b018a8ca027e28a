import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, it, type TestContext } from "vitest";
import { configFor, newFolder, started } from "../process/scene.js";
import { storeWalks } from "../../scripts/page/stored-walks.js";
import { freePort } from "../support/mosquitto.js";
import { browserOfFile, DESKTOP, noBrowser, PHONE, SOON, Tab, unlessNoBrowser } from "./browser.js";
import { urlOf } from "./demo.js";

/** A bridge without a broker, one simulated pad at rest. */
const serve = async (
  ctx: TestContext,
  more: Readonly<Record<string, object>> = {},
  store?: string,
): Promise<string> => {
  const usual = configFor("mqtt://127.0.0.1:1", undefined, {
    web: { enabled: true, port: await freePort() },
  });
  const folder = store ?? (await newFolder(ctx));
  const env = { TZ: "UTC" };
  return urlOf(await started(ctx, { folder, config: { ...usual, ...more }, env }));
};

/** 1440 × 900 and 1280 × 1024 pixels at 200 % and at 400 %, as a browser lays them out (WCAG 1.4.4, 1.4.10). */
const ZOOMED = [
  { viewport: { width: 720, height: 450 }, deviceScaleFactor: 2 },
  { viewport: { width: 320, height: 256 }, deviceScaleFactor: 4 },
] as const;

const daysAgo =
  (now: Date) =>
  (ago: number): Date =>
    new Date(now.valueOf() - ago * 86_400_000);

const ANIMATIONS = "document.getAnimations().length";
const HEIGHTS = "[...document.querySelectorAll('rect.bar')].map((bar) => bar.height.baseVal.value)";

/** What a page of somebody else tries in a browser that can reach the bridge; `null`: it got nothing to read. */
const attack = (bridge: string): string => `(async () => {
  const bridge = ${JSON.stringify(bridge)};
  const set = bridge + "/api/pads/office/set";
  const body = '{"belt":"ON"}';
  const send = (init) => fetch(set, { method: "POST", body, ...init }).then((answer) => answer.text(), () => null);
  const read = (path) => fetch(bridge + path).then((answer) => answer.text(), () => null);
  const events = await new Promise((resolve) => {
    const source = new EventSource(bridge + "/api/events");
    source.addEventListener("state", ({ data }) => resolve(data));
    source.onerror = () => resolve(null);
  });
  navigator.sendBeacon(set, new Blob([body], { type: "text/plain" }));
  const frame = Object.assign(document.createElement("iframe"), { name: "frame" });
  document.body.append(frame);
  const form = document.body.appendChild(document.createElement("form"));
  Object.assign(form, { method: "post", action: set, target: "frame", enctype: "text/plain" });
  const input = form.appendChild(document.createElement("input"));
  Object.assign(input, { name: '{"belt":"ON","id":"', value: '"}' });
  form.submit();
  await new Promise((resolve) => (frame.onload = resolve));
  return {
    events,
    json: await send({ headers: { "content-type": "application/json" } }),
    plain: await send({}),
    opaque: await send({ mode: "no-cors" }),
    sessions: await read("/api/sessions"),
    page: await read("/"),
  };
})()`;

describe.skipIf(noBrowser).concurrent(`the page, however it is looked at${unlessNoBrowser}`, () => {
  const browser = browserOfFile();

  it("at 200 % and 400 % all of it fits and STOP is in view, also with large text; nothing moves where motion is unwanted", async (ctx) => {
    const url = await serve(ctx);
    const stopIsInView = async ({ page }: Tab): Promise<boolean> => {
      const { y, height } = (await page.getByRole("button", { name: /^STOP/ }).boundingBox()) ?? {
        y: -1,
        height: 0,
      };
      return y >= 0 && y + height <= (page.viewportSize()?.height ?? 0);
    };
    for (const options of ZOOMED) {
      const tab = await Tab.open(ctx, browser(), url, options);
      await tab.untilBelt(/standby|idle/);
      for (const view of ["History", "Walk"]) {
        await tab.page.getByRole("link", { name: view }).click();
        expect([view, await tab.overflow()]).toEqual([view, []]);
        expect(await tab.violations()).toEqual([]);
        await tab.page.evaluate("scrollTo(0, document.body.scrollHeight)");
        expect([view, await stopIsInView(tab)]).toEqual([view, true]);
      }
    }
    // Text alone makes the column of the belt longer than the window, as a problem and a refusal do.
    const large = await Tab.open(ctx, browser(), url, DESKTOP);
    await large.untilBelt(/standby|idle/);
    await large.page.evaluate("document.documentElement.style.fontSize = '200%'");
    expect(await stopIsInView(large)).toBe(true);

    const still = await Tab.open(ctx, browser(), "about:blank", DESKTOP, /./);
    await still.page.route("**/api/events", () => undefined);
    await still.page.goto(url);
    await still.says("Connecting to the bridge …");
    expect(await still.page.evaluate(ANIMATIONS)).toBeGreaterThan(0);
    await still.page.emulateMedia({ reducedMotion: "reduce" });
    await ctx.expect.poll(() => still.page.evaluate(ANIMATIONS)).toBe(0);
  });

  it("a start is refused where allow_start is false, and says why; a day of walks without a distance is no day without walks", async (ctx) => {
    const url = await serve(ctx, { safety: { allow_start: false } });
    const tab = await Tab.open(ctx, browser(), url, PHONE);
    await tab.untilBelt(/standby|idle/);
    await tab.says("Starting from this page is disabled (safety.allow_start).");
    await tab.button("Start").tap();
    await tab.says("safety.allow_start is false: the belt may be stopped and slowed down, nothing else.");
    expect(await tab.belt()).toMatch(/standby|idle/);
    await tab.button(/^STOP/).tap();
    expect(await tab.violations()).toEqual([]);

    const day = new Date().toISOString().slice(0, 10);
    const sums = { distance: 0, duration: 40, steps: 0, calories: 0, sessions: 2 };
    const days: object[] = [];
    await tab.page.route("**/api/days?**", (route) => route.fulfill({ json: days }));
    await tab.page.getByRole("link", { name: "History" }).tap();
    await tab.says(/^No walks in the last 7 days\./);
    days.push({ pad: "office", day, ...sums });
    await tab.page.getByRole("radio", { name: "Month" }).check();
    await tab.says("2 walks");
    await tab.page.getByRole("radio", { name: "Time" }).check();
    await tab.says(/^Best day /);
  });

  it("two years of walks: every day of the last one is a bar, every walk is listed, one of a year ago is plotted", async (ctx) => {
    const folder = await newFolder(ctx);
    const dayOf = daysAgo(new Date());
    const isSunday = (ago: number): boolean => dayOf(ago).getUTCDay() === 0;
    // Of the first two days that the page shows at most one is a Sunday, without a walk.
    const shown = isSunday(364) ? 363 : 364;
    await storeWalks(join(folder, "data"), "office", 730, (ago) => ago === shown);
    const url = await serve(ctx, {}, folder);
    const walksOf = (ago: number): number => (isSunday(ago) ? 0 : 1 + (ago % 2));
    const all = Array.from({ length: 730 }, (_, index) => walksOf(index + 1));
    const lengthOf = async (path: string): Promise<number> =>
      ((await (await fetch(new URL(path, url))).json()) as readonly unknown[]).length;
    expect(await lengthOf("api/days?since=2020-01-01")).toBe(all.filter((walks) => walks > 0).length);
    expect(await lengthOf("api/sessions?since=2020-01-01")).toBe(all.reduce((sum, walks) => sum + walks));

    const tab = await Tab.open(ctx, browser(), url, DESKTOP);
    const { page } = tab;
    await page.getByRole("link", { name: "History" }).click();
    await page.getByRole("radio", { name: "Year" }).check();
    const bars = page.locator("rect.bar");
    await ctx.expect.poll(() => bars.count(), SOON).toBe(365);
    const heights = await page.evaluate<readonly number[]>(HEIGHTS);
    expect(heights.map((height) => height > 0)).toEqual(
      Array.from({ length: 365 }, (_, index) => index < 364 && walksOf(364 - index) > 0),
    );

    const days = page.getByRole("slider", { name: /^Days\./ });
    await days.press("Home");
    if (shown === 363) await days.press("ArrowRight");
    const rows = page.locator(".walk-row");
    await ctx.expect.poll(() => rows.count(), SOON).toBe(walksOf(shown));
    const date = dayOf(shown).toLocaleDateString("en-DE", { day: "numeric", month: "long", timeZone: "UTC" });
    expect(await days.getAttribute("aria-valuetext")).toMatch(new RegExp(`${date}.*: \\d+\\.\\d+ km$`));
    await rows.first().click();
    await tab.says("1 pause");
    expect(await page.locator(".walk-chart figcaption").allInnerTexts()).toEqual(["Speed km/h", "Steps"]);
    expect(await page.locator(".walk-chart canvas").count()).toBe(2);
    expect(await tab.violations()).toEqual([]);
    expect(await tab.overflow()).toEqual([]);
  });

  it("Back closes an open walk, then the history; Forward opens them again; a reload and a link show the same walk", async (ctx) => {
    const folder = await newFolder(ctx);
    await storeWalks(join(folder, "data"), "office", 7);
    const url = await serve(ctx, {}, folder);
    const tab = await Tab.open(ctx, browser(), url, PHONE);
    const { page } = tab;
    const [title, rows] = [page.locator(".walk-detail h3"), page.locator(".walk-row")];
    const dayTitle = page.locator("#day-title");
    const shown = async (): Promise<readonly unknown[]> => [
      await page.locator(".app").getAttribute("data-view"),
      await title.count(),
    ];
    const shows = (view: string, walks: number): Promise<void> =>
      ctx.expect.poll(shown, SOON).toEqual([view, walks]);

    await tab.untilBelt(/standby|idle/);
    await page.getByRole("link", { name: "History" }).tap();
    const days = page.getByRole("slider", { name: /^Days\./ });
    await days.press("Home");
    // A Sunday has no walk.
    if (daysAgo(new Date())(6).getUTCDay() === 0) await days.press("ArrowRight");
    await rows.first().tap();
    const day = await dayTitle.innerText();
    const walk = await title.innerText();
    await page.reload();
    await shows("history", 1);
    expect([await title.innerText(), await dayTitle.innerText()]).toEqual([walk, day]);
    await tab.says("1 pause");
    const link = page.url();

    await page.goBack();
    await shows("history", 0);
    expect(await dayTitle.innerText()).toBe(day);
    await page.goBack();
    await shows("walk", 0);
    await page.goForward();
    await shows("history", 0);
    await page.goForward();
    await shows("history", 1);
    expect([await title.innerText(), await dayTitle.innerText()]).toEqual([walk, day]);

    // The page's own ways out leave no second list behind.
    await tab.button("Back to the walks").tap();
    await shows("history", 0);
    await rows.first().tap();
    await days.press("End");
    await shows("history", 0);
    expect(await dayTitle.innerText()).not.toBe(day);
    await page.goBack();
    await shows("walk", 0);

    const other = await Tab.open(ctx, browser(), link, PHONE);
    await other.says(walk);
    await other.button("Back to the walks").tap();
    await other.page.locator(".walk-row").first().waitFor();
    expect(new URL(other.page.url()).hash).toBe("#history");
    const gone = await Tab.open(ctx, browser(), `${url}#history/office/gone`, PHONE);
    await ctx.expect.poll(() => new URL(gone.page.url()).hash, SOON).toBe("#history");
    await gone.says("No walks on this day.");
  });

  it("a page of another origin reads nothing and moves nothing, whatever name it gives this machine", async (ctx) => {
    const url = await serve(ctx);
    const { port } = new URL(url);
    const own = await Tab.open(ctx, browser(), url);
    await own.untilBelt(/standby|idle/);
    const evil = createServer((_, response) => void response.end("<!doctype html><title>evil</title><body>"));
    await once(evil.listen(0, "127.0.0.1"), "listening");
    ctx.onTestFinished(() => void evil.close());
    const site = `http://evil.example:${(evil.address() as AddressInfo).port}/`;
    const tab = await Tab.open(ctx, browser(), site, DESKTOP, /./);
    const got = await tab.page.evaluate(attack(url));
    const nothing = { events: null, json: null, plain: null, opaque: null, sessions: null, page: null };
    expect(got).toEqual(nothing);
    const framed = tab.page.frames().find((frame) => frame.name() === "frame");
    expect(await framed?.locator("body").innerText()).not.toContain('"status"');
    await framed?.goto(url).catch(() => undefined);
    expect(await framed?.locator(".stop").count()).toBe(0);

    // DNS rebinding: the other site's name has come to mean this machine.
    const rebound = await Tab.open(ctx, browser(), `http://evil.example:${port}/`, DESKTOP, /./);
    await rebound.says(/wrong-host/);
    const refused = await rebound.page.evaluate<readonly number[]>(`Promise.all(
      ["api/stop", "api/pads/office/set", "api/scan", "api/shutdown"].map((path) =>
        fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: '{"belt":"ON"}' }).then(
          ({ status }) => status,
        ),
      ),
    )`);
    expect(refused).toEqual([403, 403, 403, 403]);

    expect(await own.belt()).toMatch(/standby|idle/);
    const results = await own.page.evaluate(
      `fetch("api/pads/office/set", { method: "POST", headers: { "content-type": "application/json" }, body: '{"belt":"OFF"}' }).then((answer) => answer.json())`,
    );
    expect(results).toMatchObject([{ command: "belt", status: "ok" }]);
    expect(await own.belt()).toMatch(/standby|idle/);
  });
});
