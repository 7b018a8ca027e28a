import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { ROOT } from "../support/program.js";

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
    "package.json",
    "README.md",
    "LICENSE",
  ])
    expect(files).toContain(needed);
  const wanted =
    /^(dist\/.*\.js(\.map)?|dist\/page\/.*|config\/.*\.yaml|docs\/.*|docker\/walkingpad2mqtt\.service|[^/]+)$/;
  expect(files.filter((path) => !wanted.test(path) || /\.test\.|\.tgz$|(^|\/)\.env/.test(path))).toEqual([]);
});
