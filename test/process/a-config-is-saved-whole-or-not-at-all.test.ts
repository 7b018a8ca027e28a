import { execFileSync } from "node:child_process";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, it, type TestContext, vi } from "vitest";
import type { Program } from "../support/program.js";
import { START_MS } from "./pad-on-broker.js";
import { newFolder, PAD, started } from "./scene.js";

vi.setConfig({ testTimeout: 90_000, maxConcurrency: 8 });

const CONFIG = `mqtt: {password: hunter22} # mine
bluetooth: {radio: simulator}
simulator: {pads: [{address: "${PAD}"}]}
`;

const saved = async (ctx: TestContext, file: string): Promise<Program & { readonly code: number | null }> => {
  const args = ["scan", "--seconds", "0.5", "--save", "--config", file];
  const program = await started(ctx, { folder: await newFolder(ctx), args });
  const { code } = await program.exit(START_MS);
  return Object.assign(program, { code });
};

it.concurrent("scan --save keeps the mode, the link and the comments", async (ctx) => {
  const folder = await newFolder(ctx);
  const [real, link] = [join(folder, "real.yaml"), join(folder, "config.yaml")];
  writeFileSync(real, CONFIG);
  chmodSync(real, 0o600);
  symlinkSync("real.yaml", link);
  expect((await saved(ctx, link)).code).toBe(0);
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(lstatSync(real).mode & 0o777).toBe(0o600);
  const text = readFileSync(real, "utf8");
  expect(text).toContain("# mine");
  expect(text).toMatch(new RegExp(`pads:\n  - id: ks-blc2\n    name: KS-BLC2\n    address: "?${PAD}`));
  expect(readdirSync(folder).sort()).toEqual(["config.yaml", "real.yaml"]);
});

it.concurrent("scan --save on a full disk: 78, the sentence, and the old file", async (ctx) => {
  const disk = join(await newFolder(ctx), "disk");
  mkdirSync(disk);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=4k", "tmpfs", disk], { stdio: "ignore" });
  } catch {
    ctx.skip("mount(8) is not allowed here");
  }
  ctx.onTestFinished(() => void execFileSync("umount", [disk]));
  const file = join(disk, "config.yaml");
  writeFileSync(file, CONFIG);
  const { code, stderr, stdout } = await saved(ctx, file);
  expect(code).toBe(78);
  expect(stderr).toContain(`${file} was not changed: the disk is full. Paste the entry by hand`);
  expect(stdout).toContain("id: ks-blc2");
  expect([readFileSync(file, "utf8"), readdirSync(disk)]).toEqual([CONFIG, ["config.yaml"]]);
});
