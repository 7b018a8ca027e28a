import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ROOT } from "../support/program.js";
import { text } from "./files.js";

// What `npm install --global` brings to somebody's Raspberry Pi; the built program is there, `npm test` builds it.
const packed = (): readonly string[] => {
  const { stdout } = spawnSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
  return files.map(({ path }) => path);
};

it("the package holds the program, and nothing that only we need", () => {
  const files = packed();
  for (const needed of [
    "dist/main.js",
    "dist/process/watchdog-worker.js",
    "dist/page/index.html",
    "package.json",
    "README.md",
    "LICENSE",
  ])
    expect(files).toContain(needed);
  const wanted =
    /^(dist\/.*\.js(\.map)?|dist\/page\/.*|config\/.*\.yaml|docs\/.*|docker\/walkingpad2mqtt\.service|[^/]+)$/;
  expect(files.filter((path) => !wanted.test(path) || /\.test\.|\.tgz$|(^|\/)\.env/.test(path))).toEqual([]);
});

it("the packed manifest has no `prepare`, which npm would call an uncovered script, and ours has it afterwards", (ctx) => {
  const folder = mkdtempSync(join(tmpdir(), "w2m-pack-"));
  ctx.onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [ours, copy] = [readFileSync(join(ROOT, "package.json"), "utf8"), join(folder, "package.json")];
  writeFileSync(copy, ours);
  const { scripts } = JSON.parse(ours) as { scripts: Readonly<Record<string, string>> };
  const run = (script = "") => {
    expect(spawnSync("sh", ["-c", script], { cwd: folder }).status).toBe(0);
    return readFileSync(copy, "utf8");
  };
  const [build, remove] = scripts["prepack"]?.split(" && ") ?? [];
  expect(build).toBe("npm run build");
  expect((JSON.parse(run(remove)) as { scripts: object }).scripts).not.toHaveProperty("prepare");
  expect(run(scripts["postpack"])).toBe(ours);
});

it("the quick start allows exactly the install scripts that the package's users need", () => {
  interface Locked {
    readonly packages: Readonly<Record<string, { readonly hasInstallScript?: true; readonly dev?: true }>>;
  }
  const { packages } = JSON.parse(text("package-lock.json")) as Locked;
  const needed = Object.entries(packages)
    .filter(([path, { hasInstallScript, dev }]) => path !== "" && hasInstallScript && !dev)
    .map(([path]) => path.split("node_modules/").at(-1));
  const [, allowed = ""] = /--allow-scripts=([^`]+)`/.exec(text("docs/quick-start.md")) ?? [];
  expect(allowed.split(",")).toEqual(needed.sort());
});
