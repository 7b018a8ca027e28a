import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { TestContext } from "vitest";
import { fixture } from "../support/program.js";
import { newFolder } from "./scene.js";

/** For LD_PRELOAD: a fixture in C as a library, which changes a call of the C library. Skips where it cannot be built. */
export const preloaded = async (ctx: TestContext, source: string): Promise<string> => {
  const path = join(await newFolder(ctx), "preloaded.so");
  try {
    execFileSync("gcc", ["-shared", "-fPIC", "-o", path, fixture(source), "-ldl"], { stdio: "pipe" });
  } catch {
    ctx.skip("no gcc here");
  }
  return path;
};
