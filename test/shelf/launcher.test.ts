import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../support/program.js";

// docker/node.c, the init of the image: a PID namespace is all that it needs.
const NAMESPACE = ["--fork", "--pid", "--mount-proc", "--kill-child"];
const able =
  process.platform === "linux" &&
  spawnSync("unshare", [...NAMESPACE, "true"]).status === 0 &&
  spawnSync("gcc", ["--version"]).status === 0;
const why = able ? "" : " (skipped: needs root, unshare and gcc)";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "w2m-launcher-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const build = (): string => {
  const out = join(folder, "node");
  const flags = ["-Wall", "-Wextra", "-Werror", "-Os", `-DNODE="${process.execPath}"`, "-o", out];
  const { status, stderr } = spawnSync("gcc", [...flags, join(ROOT, "docker/node.c")], { encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
  return out;
};

/** Runs a program of Node below the launcher as PID 1; `signal` is sent once its output contains `after`. */
const run = async (program: string, { env = {}, after = "", signal = "" } = {}) => {
  const child = spawn("unshare", [...NAMESPACE, join(folder, "node"), "-e", program], {
    env: { ...process.env, ...env },
  });
  let out = "";
  let sent = false;
  const init = (): number =>
    Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").trim().split(" ")[0] ?? 0);
  const send = (): void => {
    if (sent || signal === "" || !out.includes(after)) return;
    sent = true;
    process.kill(init(), signal);
  };
  child.stdout.on("data", (chunk) => {
    out += String(chunk);
    send();
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, out };
};

describe.skipIf(!able)(`the launcher as PID 1${why}`, () => {
  beforeAll(() => void build());

  it("forwards a signal, and gives back the exit code", async () => {
    const program = `process.on("SIGTERM", () => process.exit(75)); setInterval(() => 0, 1e3); console.log("up")`;
    expect(await run(program, { after: "up", signal: "SIGTERM" })).toMatchObject({ code: 75 });
  });

  it.each(["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"])(
    "ends cleanly by a %s that comes before the program has a handler",
    async (signal) => {
      const program = `console.log("up"); setInterval(() => 0, 1e3)`;
      expect(await run(program, { after: "up", signal })).toMatchObject({ code: 0 });
    },
  );

  it("exits with 128 plus the signal for a program that was killed", async () => {
    expect(await run(`process.kill(process.pid, "SIGKILL")`)).toMatchObject({ code: 137 });
  });

  it("reaps orphans, and ends with the program, not with them", async () => {
    const orphan = `require("child_process").spawn("sh", ["-c", "sleep 0.05 & exit 0"], { detached: true })`;
    const zombies = `require("child_process").execSync("ps -e -o stat=").toString().includes("Z")`;
    const program = `${orphan}.on("exit", () => setTimeout(() => { console.log(${zombies}); process.exit(3) }, 300))`;
    expect(await run(program)).toEqual({ code: 3, out: "false\n" });
  });

  it("starts the program again where that is wanted, unless a signal or the configuration ended it", async () => {
    const count = join(folder, "count");
    const program = `const fs = require("fs"); fs.appendFileSync(${JSON.stringify(count)}, "x");
      process.exit([0, 0, 75, 78][fs.readFileSync(${JSON.stringify(count)}, "utf8").length - 1])`;
    expect(await run(program, { env: { NODE_RESTART: "1" } })).toMatchObject({ code: 78 });
    expect(readFileSync(count, "utf8")).toBe("xxxx");
    expect(await run("process.exit(0)")).toMatchObject({ code: 0 });
    const stops = `process.on("SIGTERM", () => process.exit(0)); setInterval(() => 0, 1e3); console.log("up")`;
    const stopped = await run(stops, { env: { NODE_RESTART: "1" }, after: "up", signal: "SIGTERM" });
    expect(stopped).toEqual({ code: 0, out: "up\n" });
  });
});
