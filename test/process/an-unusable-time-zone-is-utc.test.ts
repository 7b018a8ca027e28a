import { expect, it, type TestContext } from "vitest";
import { Program } from "../support/program.js";
import { newFolder } from "./scene.js";

const answer = async (zone: string, ctx: TestContext, locale = "C"): Promise<string> => {
  const folder = await newFolder(ctx);
  const env = { TZ: zone, LC_ALL: locale };
  const program = await Program.start({ folder, args: ["sessions"], config: {}, env });
  expect(await program.exit(10_000)).toEqual({ code: 0, signal: null });
  return program.stderr;
};

// Node.js uses UTC for the last three without an error.
it.for(["", "GMT-3", "Nowhere/Land", "CET-1CEST,M3.5.0,M10.5.0/3", "IST-5:30", "+03:00"])(
  "TZ=%s is UTC, logged once with advice",
  async (zone, ctx) => {
    expect((await answer(zone, ctx)).match(/Set TZ to a name/g)).toHaveLength(1);
  },
);

it.for(["UTC", "Etc/GMT", ":UTC", "posix/UTC", "Europe/Berlin", ":Europe/Berlin", "EST5EDT"])(
  "TZ=%s is a time zone",
  async (zone, ctx) => {
    expect(await answer(zone, ctx)).toBe("");
  },
);

// Node.js writes the name of a zone in the language of the machine: "Koordinierte Weltzeit", "UTC+03:00".
it.for([
  ["de_DE.UTF-8", "CET-1CEST"],
  ["ja_JP.UTF-8", "+03:00"],
  ["fr_FR.UTF-8", "GMT-3"],
] as const)("also where the language is that of %s: TZ=%s", async ([locale, zone], ctx) => {
  expect((await answer(zone, ctx, locale)).match(/Set TZ to a name/g)).toHaveLength(1);
});
