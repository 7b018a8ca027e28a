import { expect, it, type TestContext } from "vitest";
import { Program } from "../support/program.js";
import { newFolder } from "./scene.js";

const answer = async (zone: string, ctx: TestContext): Promise<string> => {
  const folder = await newFolder(ctx);
  const program = await Program.start({ folder, args: ["sessions"], config: {}, env: { TZ: zone } });
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
