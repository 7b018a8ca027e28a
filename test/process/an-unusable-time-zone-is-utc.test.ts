import { expect, it } from "vitest";
import { Program } from "../support/program.js";
import { newFolder } from "./scene.js";

it.for(["", "GMT-3", "Nowhere/Land"])("TZ=%s is UTC, logged once with advice", async (zone, ctx) => {
  const folder = await newFolder(ctx);
  const program = await Program.start({ folder, args: ["sessions"], config: {}, env: { TZ: zone } });
  expect(await program.exit(10_000)).toEqual({ code: 0, signal: null });
  expect(program.stderr.match(/Set TZ to a name/g)).toHaveLength(1);
});
