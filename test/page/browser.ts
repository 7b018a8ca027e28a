import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import axe from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, type TestContext, vi } from "vitest";

/** Where Debian, and others, put it. */
const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const BINARY = PLACES.find((file) => existsSync(file));

/** Suites of the page are skipped without it. */
export const noBrowser = BINARY === undefined;
/** For the title of such a suite. */
export const unlessNoBrowser = noBrowser ? " (skipped: no Chromium here; Debian's package is chromium)" : "";

/** A belt's countdown and its way to rest, on a machine that is busy with other tests. */
export const SOON = { timeout: 30_000 };

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Other sites of the tests are this machine, too.
  "--host-resolver-rules=MAP *.example 127.0.0.1",
  "--no-first-run",
];

/** A new profile each time. */
export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: BINARY ?? "", args: FLAGS, headless: true });

/** One browser for all tests of a file. */
export const browserOfFile = (): (() => Browser) => {
  vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });
  let browser: Browser | null = null;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());
  return () => {
    if (browser === null) throw new Error("the browser has not started");
    return browser;
  };
};

export const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true } as const;
export const DESKTOP = { viewport: { width: 1440, height: 900 } } as const;

/** Looks again and again; for scripts, too, which have no `expect.poll`. */
const until = async (isSo: () => Promise<boolean>, what: string): Promise<void> => {
  const end = Date.now() + SOON.timeout;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await sleep(50);
  }
};

/** One tab with a profile of its own, and everything in it that no tab of ours may ever show. */
export class Tab {
  readonly page: Page;
  readonly complaints: string[] = [];

  private constructor(page: Page) {
    this.page = page;
  }

  /** `may`: a complaint that the test itself provokes. */
  static async open(
    ctx: TestContext | null,
    browser: Browser,
    url: string,
    options: BrowserContextOptions = {},
    may: RegExp = /^$/,
  ): Promise<Tab> {
    const context = await browser.newContext({ locale: "en-DE", timezoneId: "UTC", ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(SOON.timeout);
    const tab = new Tab(page);
    const complain = (what: string): void => {
      if (!may.test(what)) tab.complaints.push(what);
    };
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type()))
        complain(`${message.text()} ${message.location().url}`);
    });
    page.on("pageerror", (error) => complain(error.message));
    page.on("request", (request) => {
      if (new URL(request.url()).origin !== new URL(url).origin) complain(`asks ${request.url()}`);
    });
    ctx?.onTestFinished(async () => {
      await context.close();
      expect(tab.complaints).toEqual([]);
    });
    await page.goto(url);
    return tab;
  }

  /** The belt word of the pad in front. */
  belt(): Promise<string | null> {
    return this.page.locator("[data-belt]").getAttribute("data-belt");
  }

  async speed(): Promise<number> {
    return Number(await this.page.locator("[data-speed]").textContent());
  }

  async untilBelt(word: RegExp): Promise<void> {
    await until(async () => word.test((await this.belt()) ?? ""), `the belt to be ${word.source}`);
  }

  async untilSpeed(so: (speed: number) => boolean): Promise<void> {
    await until(async () => so(await this.speed()), `the speed to be ${so.toString()}`);
  }

  button(name: string | RegExp) {
    return this.page.getByRole("button", { name, exact: typeof name === "string" });
  }

  /** Within a moment of the rest being seen a press starts nothing: a finger that comes late. */
  async start(press = () => this.button(/^(Start|Resume)$/).click()): Promise<void> {
    const isPending = (): Promise<boolean> => this.page.getByText("Starting …").isVisible();
    while (!(await isPending())) await press();
  }

  stop(pad: string) {
    return this.button(new RegExp(`^STOP ${pad}`));
  }

  async says(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).first().waitFor();
  }

  /** What axe finds against WCAG 2.2 AA and its own good practice. The debugger puts it in, past the CSP. */
  async violations(): Promise<readonly string[]> {
    await this.page.evaluate(axe.source);
    return this.page.evaluate<readonly string[]>(AXE);
  }

  /** Text that does not fit: the page scrolls sideways, or a word is cut. */
  overflow(): Promise<readonly string[]> {
    return this.page.evaluate<readonly string[]>(OVERFLOW);
  }
}

// Run in the page, whose types are not those of the tests.
const AXE = `axe
  .run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  })
  .then(({ violations }) =>
    violations.map(({ id, nodes }) => id + ": " + nodes.map(({ html }) => html).join(", ")),
  )`;
const OVERFLOW = `[
  ...(document.documentElement.scrollWidth > innerWidth ? ["the page scrolls sideways"] : []),
  ...[...document.querySelectorAll("button, h1, h2, h3, dd, dt, label")]
    .filter((one) => !one.matches(".hidden") && one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== "inline")
    .map((one) => one.className + ": " + one.textContent),
]`;
