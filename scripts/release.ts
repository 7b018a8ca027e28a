// A release: npx tsx scripts/release.ts VERSION [--dry-run]. Runs every gate first, and only then changes anything: the
// version, the changelog, a commit and a tag. It publishes nothing; it prints how to.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { isNext, released, unreleased, VERSIONED } from "./changelog.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values, positionals } = parseArgs({
  options: { "dry-run": { type: "boolean", default: false } },
  allowPositionals: true,
});

class Refused extends Error {}
const need = (so: boolean, why: string): void => {
  if (!so) throw new Refused(why);
};

/** Runs a command with its output shown; anything but 0 ends the release. */
const run = (command: string, ...args: readonly string[]): void => {
  process.stdout.write(`\n$ ${[command, ...args].join(" ")}\n`);
  const { status } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  need(status === 0, `${command} ${args.join(" ")} ended with ${status ?? "a signal"}`);
};
const git = (...args: readonly string[]): string =>
  spawnSync("git", args, { cwd: root, encoding: "utf8" }).stdout.trim();

const read = (path: string): string => readFileSync(`${root}${path}`, "utf8");
const write = (path: string, text: string): void => writeFileSync(`${root}${path}`, text);

const ready = (version: string): void => {
  const { version: current } = JSON.parse(read("package.json")) as { version: string };
  // The first release uses the present version; the tag below shows whether it was made.
  need(version === current || isNext(current, version), `${version} is no version that follows ${current}`);
  need(git("status", "--porcelain") === "", "the working tree has changes: commit them first");
  need(git("tag", "--list", `v${version}`) === "", `there is a tag v${version} already`);
  need(unreleased(read("CHANGELOG.md")) !== null, "CHANGELOG.md says nothing under Unreleased");
  for (const [path, line] of VERSIONED)
    need(read(path).split("\n").includes(line(current)), `${path} does not say "${line(current)}"`);
};

/** What CI runs, then what it cannot: the image. */
const gates = (): void => {
  run("bash", ".ci/run");
  const hasDocker = spawnSync("docker", ["info"], { stdio: "ignore" }).status === 0;
  need(hasDocker, "no Docker engine answers: the image cannot be tested");
  run("docker", "build", "--network", "host", "-f", "docker/Dockerfile", "-t", "walkingpad2mqtt", ".");
  run("test/image/run.sh");
  if (existsSync("/usr/bin/systemd-analyze"))
    run("systemd-analyze", "verify", "docker/walkingpad2mqtt.service");
};

const change = (version: string): void => {
  const { version: current } = JSON.parse(read("package.json")) as { version: string };
  run("npm", "version", version, "--no-git-tag-version", "--allow-same-version", "--ignore-scripts");
  for (const [path, line] of VERSIONED)
    write(
      path,
      read(path)
        .split("\n")
        .map((each) => (each === line(current) ? line(version) : each))
        .join("\n"),
    );
  write("CHANGELOG.md", released(read("CHANGELOG.md"), version, new Date().toISOString().slice(0, 10)));
  run("git", "commit", "--all", "--message", `chore: release ${version}`);
  run("git", "tag", "--annotate", `v${version}`, "--message", `walkingpad2mqtt ${version}`);
};

const release = (version: string): void => {
  ready(version);
  gates();
  if (values["dry-run"]) {
    process.stdout.write(`\n${version} could be released; nothing was changed.\n`);
    return;
  }
  change(version);
  process.stdout.write(
    `\n${version} is committed and tagged here. To let it go:\n  git push --follow-tags\n  npm publish\n` +
      `  docker buildx build --platform linux/amd64,linux/arm64 -f docker/Dockerfile -t NAME:${version} --push .\n`,
  );
};

try {
  need(positionals.length === 1, "usage: npx tsx scripts/release.ts VERSION [--dry-run]");
  release(positionals[0] ?? "");
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  process.stderr.write(`\nNo release: ${error.message}.\n`);
  process.exitCode = 1;
}
