import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, type TestContext, vi } from "vitest";
import type { Program } from "../support/program.js";
import { START_MS } from "./pad-on-broker.js";
import { newFolder, PAD, SECOND, started } from "./scene.js";
import { onVirtualRadio } from "./virtual-radio.js";

vi.setConfig({ testTimeout: 90_000, maxConcurrency: 8 });

/** ESC and a line of its own; an override that turns the rest round, C1 and a separator. */
const FAKER = "KS-A\u001b[2J\r\n  KS-FAKE  1";
const TURNER = "KS-B\u202e\u009b2J\u2028";
/** Line feeds are ours. */
const OBEYED = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

const scanned = async (ctx: TestContext, folder: string, args: readonly string[]): Promise<Program> => {
  const program = await started(ctx, {
    folder,
    config: { bluetooth: { radio: "noble" } },
    args: ["scan", "--seconds", "1", ...args],
    ...onVirtualRadio({
      pads: [
        { address: PAD, model: "c2", name: FAKER },
        { address: SECOND, model: "c2", name: TURNER },
      ],
      wire: join(folder, "wire.jsonl"),
    }),
  });
  expect((await program.exit(START_MS)).code).toBe(0);
  expect(program.stdout).not.toMatch(OBEYED);
  expect(program.stderr).not.toMatch(OBEYED);
  return program;
};

it.concurrent("scan: one line for each pad", async (ctx) => {
  const { stdout } = await scanned(ctx, await newFolder(ctx), []);
  const rows = stdout.split("\n").filter((line) => line.includes("dBm"));
  expect(rows.map((row) => row.trim().split("  ")[0])).toEqual(
    expect.arrayContaining([String.raw`KS-A\u001b[2J\u000d\u000a`, String.raw`KS-B\u202e\u009b2J\u2028`]),
  );
  expect(rows).toHaveLength(2);
});

it.concurrent(
  "scan --json --save: names as they are in JSON, and a file that can be read again",
  async (ctx) => {
    const folder = await newFolder(ctx);
    const { stdout } = await scanned(ctx, folder, ["--json", "--save"]);
    const names = (JSON.parse(stdout) as { name: string }[]).map(({ name }) => name);
    expect(names.sort()).toEqual([FAKER, TURNER]);

    const file = join(folder, "config.yaml");
    expect(await readFile(file, "utf8")).not.toMatch(OBEYED);
    const check = await started(ctx, { folder, args: ["check-config", "--config", file] });
    expect((await check.exit(START_MS)).code).toBe(0);
    expect(check.stdout).toMatch(/name: KS-A \[2J KS-FAKE 1\n/);
  },
);

it.concurrent("arguments of the command line, and a file's name", async (ctx) => {
  const folder = await newFolder(ctx);
  const words = ["wa\u001b[2Jlk\nfine", "--\u202efast", "-\u009b"];
  for (const args of [
    ...words.map((word) => [word]),
    ["check-config", "--config", "no\u2028ne\u001b.yaml"],
  ]) {
    const program = await started(ctx, { folder, args });
    const { code } = await program.exit(START_MS);
    expect([64, 78]).toContain(code);
    expect(program.stderr).not.toMatch(OBEYED);
    expect(program.stderr).not.toMatch(/^fine/m);
    expect(program.stderr).toMatch(/\\u[0-9a-f]{4}/);
  }
});
