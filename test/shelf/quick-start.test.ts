import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect, it, type TestContext } from "vitest";
import { ROOT } from "../support/program.js";
import { text } from "./files.js";

/** What a reader types: the lines after `$ `, with their continuations, up to the next heading of the same rank. */
const commandsOf = (heading: string): readonly string[] => {
  const section =
    text("docs/quick-start.md")
      .split(/^## /m)
      .find((part) => part.startsWith(heading)) ?? "";
  const [compose = ""] = section.split(/^### /m);
  return [...compose.matchAll(/^\$ ((?:.*\\\n)*.*)$/gm)].map(([, command = ""]) => command);
};

/** The files that git has, as a clone gives them; no .env of a developer. */
const freshCheckout = (ctx: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), "w2m-clone-"));
  ctx.onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const files = execFileSync("git", ["ls-files", "-z", "docker"], { cwd: ROOT });
  const packed = execFileSync("tar", ["-C", ROOT, "--null", "-T", "-", "-c"], { input: files });
  execFileSync("tar", ["-C", folder, "-x"], { input: packed });
  return folder;
};

/**
 * Stands for Docker, which is not everywhere and would fetch images: like Compose, it refuses a file whose required
 * variables (`${NAME:?}`) .env leaves empty, and it notes what it was asked. test/image/run.sh runs the real image.
 */
const DOCKER = `#!/bin/sh
for name in $(grep -o '[$]{[A-Z0-9_]*:?' compose.yaml | tr -d '\${:?'); do
  grep -q "^$name=." .env || { echo "$name is not set in .env" >&2; exit 15; }
done
echo "$*" >>"$NOTES"
`;

it("the commands of the quick start work literally, in their order, in a fresh checkout", (ctx) => {
  const folder = freshCheckout(ctx);
  const [bin, notes] = [join(folder, "bin"), join(folder, "notes")];
  mkdirSync(bin);
  writeFileSync(join(bin, "docker"), DOCKER);
  chmodSync(join(bin, "docker"), 0o755);
  const commands = commandsOf("Docker Compose");
  expect(commands.slice(0, 2)).toEqual(["cd docker", "cp .env.example .env"]);
  const { status, stderr } = spawnSync("sh", ["-eu", "-c", commands.join("\n")], {
    cwd: folder,
    encoding: "utf8",
    env: { PATH: `${bin}${delimiter}${process.env["PATH"] ?? ""}`, NOTES: notes },
  });
  expect([status, stderr]).toEqual([0, ""]);
  const asked = readFileSync(notes, "utf8").trimEnd().split("\n");
  expect(asked).toHaveLength(commands.filter((command) => command.startsWith("docker ")).length);
  expect(asked.slice(0, 2)).toEqual(["compose build", "compose run --rm walkingpad2mqtt scan --save"]);
  expect(readFileSync(join(folder, "docker/.env"), "utf8")).toMatch(
    /^WALKINGPAD2MQTT_MQTT_PASSWORD=[0-9a-f]{32}$/m,
  );
});

const hasCompose = spawnSync("docker", ["compose", "version"]).status === 0;

it.skipIf(!hasCompose)(
  `Compose itself accepts both files in a fresh checkout${hasCompose ? "" : " (skipped: no docker compose here)"}`,
  (ctx) => {
    const docker = join(freshCheckout(ctx), "docker");
    const example = readFileSync(join(docker, ".env.example"), "utf8");
    writeFileSync(join(docker, ".env"), example.replace(/(?<=^WALKINGPAD2MQTT_MQTT_PASSWORD=)$/m, "secret"));
    for (const file of ["compose.yaml", "compose.demo.yaml"]) {
      const args = ["compose", "-f", file, "--profile", "homeassistant", "config", "--quiet"];
      const { status, stderr } = spawnSync("docker", args, { cwd: docker, encoding: "utf8" });
      expect([file, status, stderr]).toEqual([file, 0, ""]);
    }
  },
);
