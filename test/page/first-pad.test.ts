import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import FitParser from "fit-file-parser";
import { describe, expect, it } from "vitest";
import { expectCleanEnd, newFolder, PAD, SECOND, started } from "../process/scene.js";
import { freePort } from "../support/mosquitto.js";
import type { ProgramOptions } from "../support/program.js";
import { browserOfFile, noBrowser, PHONE, Tab, unlessNoBrowser } from "./browser.js";
import { urlOf } from "./demo.js";

/** HTML, and a character that turns the text after it around. */
const HOSTILE = `<img src=x onerror="document.title='x'">\u202Egnp`;
const SHOWN = /^<img src=x onerror="document\.title='x'"> ?gnp$/;
const PASSWORD = "correct horse";

/** A second program on the same folder is what a supervisor starts after a restart. */
const settings = async (folder: string): Promise<ProgramOptions> => ({
  folder,
  config: {
    mqtt: { url: "mqtt://127.0.0.1:1" },
    web: { port: await freePort(), password: PASSWORD },
    bluetooth: { radio: "simulator" },
    log: { format: "json" },
    session: { min_duration: 1 },
    goals: { distance: 0.01, steps: 5000 },
    pads: [],
    simulator: {
      pads: [
        { address: PAD, model: "c2", name: HOSTILE },
        { address: SECOND, model: "a1" },
      ],
    },
  },
});

describe.skipIf(noBrowser)(`the page of a bridge without a pad, with a password${unlessNoBrowser}`, () => {
  const browser = browserOfFile();

  it("finds a pad, whatever its name, uses it after a restart, walks it, and keeps the walk", async (ctx) => {
    const folder = await newFolder(ctx);
    const options = await settings(folder);
    const first = await started(ctx, options);
    const url = await urlOf(first);
    expect((await fetch(url)).status).toBe(401);
    const httpCredentials = { username: "anybody", password: PASSWORD };
    const restarting = /ERR_|Failed to load resource/;
    const tab = await Tab.open(ctx, browser(), url, { ...PHONE, httpCredentials }, restarting);
    const { page } = tab;

    await tab.says("No pad is configured yet");
    expect(await tab.violations()).toEqual([]);
    await tab.button("Look for pads").tap();
    await tab.button("Use this pad").first().waitFor();
    const found = page.locator(".found");
    await expect.poll(() => found.allInnerTexts()).toHaveLength(2);
    const evil = found.filter({ hasText: "onerror" });
    await expect.poll(() => evil.locator("bdi").textContent()).toContain("<img src=x onerror=");
    expect(await page.locator("img").count()).toBe(0);
    expect(await tab.violations()).toEqual([]);
    expect(await tab.overflow()).toEqual([]);
    await evil.getByRole("button").tap();
    await tab.says(/^Written to .*config\.yaml/);
    await tab.button("Restart the bridge now").tap();
    await expectCleanEnd(first, 25_000);
    await tab.says(/^(The connection to the bridge is lost\.|The bridge has ended)/);

    const args = ["run", "--config", join(folder, "config.yaml")];
    const second = await started(ctx, { folder, args });
    await urlOf(second);
    // By itself: nothing is reloaded.
    await tab.untilBelt(/standby|idle/);
    await expect.poll(() => page.locator("h2 bdi").first().textContent()).toMatch(SHOWN);
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.title()).toBe("Walking pad");

    await tab.start();
    await tab.untilBelt(/running/);
    await tab.untilSpeed((speed) => speed > 1);
    await tab.button(/^STOP/).tap();
    await tab.untilBelt(/idle/);
    await tab.button("Resume").waitFor();
    expect(await tab.violations()).toEqual([]);
    // The countdown takes three more: a gap of more than 5 s is a pause.
    await pause(2_500);
    await tab.start();
    await tab.untilSpeed((speed) => speed > 1);
    await tab.button(/^STOP/).tap();
    await tab.untilBelt(/idle/);
    await tab.button("End walk").tap();
    await tab.says("Last walk");

    await page.getByRole("link", { name: "History" }).tap();
    await page.locator(".walk-row").tap();
    await tab.says(/^1 pause\. Shaded: pauses\.$/);
    await expect.poll(() => page.locator(".walk-chart canvas").count()).toBeGreaterThanOrEqual(2);
    expect(await tab.violations()).toEqual([]);
    expect(await tab.overflow()).toEqual([]);
    const walk = page.locator(".walk-detail");
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      walk.getByRole("link", { name: "FIT" }).tap(),
    ]);
    expect(download.suggestedFilename()).toMatch(/\.fit$/);
    const bytes = await readFile(await download.path());
    const fit = await new FitParser({ force: false }).parseAsync(bytes.buffer);
    expect(fit.sessions?.[0]).toMatchObject({ sport: "walking", sub_sport: "treadmill" });
    expect(fit.records?.length).toBeGreaterThan(5);
    expect(Math.max(...(fit.records ?? []).map((one) => one.enhanced_speed ?? 0))).toBeGreaterThan(0);
    // The pad counts in tens of metres: there may be none yet, and still there was a walk.
    await tab.says(/^(1 walk|Best day .*)$/);
    await page.getByRole("radio", { name: "Time" }).check();
    for (const range of ["Month", "Year", "Week"]) {
      await page.getByRole("radio", { name: range }).check();
      await tab.says(/^Best day/);
    }

    await page.getByRole("link", { name: "Walk" }).tap();
    await page.getByRole("radio", { name: "miles" }).check();
    await page.getByRole("radio", { name: "Dark" }).check();
    await page.reload();
    await tab.untilBelt(/idle/);
    expect((await page.locator(".speed-unit").innerText()).trim()).toBe("mph");
    expect(await page.locator("html").getAttribute("data-theme")).toBe("dark");
    second.signal("SIGTERM");
    await tab.says("The bridge has ended. The belt is at rest. You may close this window.");
    await expectCleanEnd(second, 25_000);
  });
});
