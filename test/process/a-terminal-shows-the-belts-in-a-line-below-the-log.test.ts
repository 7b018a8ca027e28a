import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { speeds } from "./pad-on-broker.js";
import { bridgeStateIs, missing, newFolder, scene, unlessMissing } from "./scene.js";

vi.setConfig({ testTimeout: 90_000 });

/** util-linux: runs a command on a pseudo-terminal, and is its keyboard and its screen. */
const util = spawnSync("script", ["--version"], { encoding: "utf8" });
const noTerminal = util.status !== 0 || !util.stdout.includes("util-linux");
const onTerminal =
  (columns: number) =>
  (command: readonly string[]): readonly string[] => [
    ...["script", "--quiet", "--return", "--command"],
    `stty cols ${columns}; exec ${command.map((word) => `'${word}'`).join(" ")}`,
    "/dev/null",
  ];
/** The first wait ends with the signal, the second with the program. */
const HAND_ON = `"$@" & trap "kill -HUP $!" HUP; wait $!; wait $!`;
const CTRL_C = "\u0003";
const ERASE = "\r\u001b[K";

/** What stands on each row in the end: a row may be erased from its beginning, and written anew. */
const rows = (screen: string): readonly string[] =>
  screen
    .split("\n")
    .map((row) => row.replace(/\r$/, "").split(ERASE).at(-1) ?? "")
    .map((row) => row.replaceAll(/\u001b\[\d+m/g, ""));

describe.skipIf(missing || noTerminal)(`on a terminal${unlessMissing}`, () => {
  it("shows belts, speed and walk; STOPPING while it ends; and in the end only the log", async (ctx) => {
    const { program, pad } = await scene(ctx, {
      config: { log: { format: "auto" } },
      program: { wrap: onTerminal(80), env: { TERM: "xterm" } },
    });
    await pad.online();
    // The belt stays at the speed that was asked for.
    expect(await pad.ask({ speed: 1 })).toMatchObject({ status: "ok" });
    await vi.waitFor(() => expect(program.stdout).toMatch(/office: running, 1\.0 km\/h, 00:[0-5]\d/), 10_000);
    program.child.stdin?.write(CTRL_C);
    expect(await program.exit(20_000)).toEqual({ code: 0, signal: null });
    expect(program.stdout).toContain("\u001b[7m STOPPING \u001b[27m office: stopping");
    const left = rows(program.stdout).filter((row) => row !== "");
    expect(left.length).toBeGreaterThan(3);
    expect(left.filter((row) => !/^\d\d:\d\d:\d\d [A-Z]{4,5} /.test(row))).toEqual([]);
  });

  it("that is closed ends the bridge as any signal does: the belt at rest, offline, exit 0", async (ctx) => {
    const folder = await newFolder(ctx);
    const result = join(folder, "exit-code");
    const { probe, program, pad } = await scene(ctx, {
      program: {
        // The shell hears of the end first, hands it on, and lives to write down what became of the bridge.
        wrap: (command) => onTerminal(80)(["sh", "-c", `${HAND_ON}; echo $? >${result}`, "sh", ...command]),
        env: { TERM: "xterm" },
      },
    });
    await pad.walk(1);
    const before = probe.mark();
    program.child.kill("SIGKILL");
    await probe.until(bridgeStateIs("offline"), 20_000, before);
    expect(speeds(pad, before).at(-1)).toBe(0);
    await vi.waitFor(async () => expect(await readFile(result, "utf8")).toBe("0\n"), 5_000);
  });

  it("is absent where lines are JSON, and where the width is unknown", async (ctx) => {
    for (const [format, columns] of [
      ["json", 80],
      ["auto", 0],
    ] as const) {
      const { program, pad } = await scene(ctx, {
        config: { log: { format } },
        program: { wrap: onTerminal(columns), env: { TERM: "xterm" } },
      });
      await pad.online();
      // Twice the time between two drawings.
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      program.child.stdin?.write(CTRL_C);
      expect(await program.exit(20_000)).toEqual({ code: 0, signal: null });
      expect(program.stdout).not.toContain(ERASE);
    }
  });
});
