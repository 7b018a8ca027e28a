import { execFileSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test, type TestContext } from "vitest";
import { rewriteFile, whyNotWritten } from "./rewrite.js";

const isRoot = process.geteuid?.() === 0;
const NOBODY = 65_534;
const OLD = "mqtt: {password: x}\n";

const newFolder = (ctx: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), "rewrite-"));
  ctx.onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

const written = (path: string, text = OLD, mode = 0o644): string => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
};

const modeOf = (path: string): string => (statSync(path).mode & 0o7777).toString(8);

/** Mounts for one test; it is skipped where that is not allowed. */
const mounted = (ctx: TestContext, target: string, ...args: readonly string[]): string => {
  try {
    execFileSync("mount", [...args, target], { stdio: "ignore" });
  } catch {
    ctx.skip("mount(8) is not allowed here");
  }
  ctx.onTestFinished(() => void execFileSync("umount", [target]));
  return target;
};

/** A disk of two pages: one for each of two small files. */
const smallDisk = (ctx: TestContext): string => {
  const disk = join(newFolder(ctx), "disk");
  mkdirSync(disk);
  return mounted(ctx, disk, "-t", "tmpfs", "-o", "size=8k", "tmpfs");
};

/** Capabilities go with the user id, so that permissions count. */
const asNobody = async <T>(work: () => Promise<T>): Promise<T> => {
  process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
};

const refusal = (path: string, text: string): Promise<string> =>
  rewriteFile(path, () => [text]).then(() => "written", whyNotWritten);

test.each([0o600, 0o640, 0o664])("a mode of %o stays, whatever the umask", async (mode) => {
  const folder = mkdtempSync(join(tmpdir(), "rewrite-"));
  const file = written(join(folder, "config.yaml"), OLD, mode);
  const before = statSync(file).ino;
  await rewriteFile(file, () => ["new: ", "1\n"]);
  expect([readFileSync(file, "utf8"), modeOf(file), readdirSync(folder)]).toEqual([
    "new: 1\n",
    mode.toString(8),
    ["config.yaml"],
  ]);
  // Replaced as a whole: no reader sees half of it.
  expect(statSync(file).ino).not.toBe(before);
  rmSync(folder, { recursive: true });
});

test.skipIf(!isRoot)("an owner and a group stay (skipped unless root)", async (ctx) => {
  const file = written(join(newFolder(ctx), "config.yaml"), OLD, 0o600);
  chownSync(file, 1234, 2345);
  await rewriteFile(file, () => ["new: ", "1\n"]);
  expect(statSync(file)).toMatchObject({ uid: 1234, gid: 2345 });
  expect(modeOf(file)).toBe("600");
});

test.skipIf(!isRoot)("a writable file of another user keeps its owner (skipped unless root)", async (ctx) => {
  const folder = newFolder(ctx);
  chmodSync(folder, 0o777);
  const file = written(join(folder, "config.yaml"), OLD, 0o666);
  await asNobody(() => rewriteFile(file, () => ["new: ", "1\n"]));
  expect(statSync(file)).toMatchObject({ uid: 0, gid: 0 });
  expect([readFileSync(file, "utf8"), readdirSync(folder)]).toEqual(["new: 1\n", ["config.yaml"]]);
});

test("a link stays a link, and its target is written in place", async (ctx) => {
  const folder = newFolder(ctx);
  const target = written(join(folder, "shared", "real.yaml"), OLD, 0o600);
  mkdirSync(join(folder, "etc"));
  symlinkSync("../shared/real.yaml", join(folder, "etc", "one"));
  symlinkSync("one", join(folder, "etc", "config.yaml"));
  await rewriteFile(join(folder, "etc", "config.yaml"), () => ["new: ", "1\n"]);
  expect(lstatSync(join(folder, "etc", "config.yaml")).isSymbolicLink()).toBe(true);
  expect(lstatSync(join(folder, "etc", "one")).isSymbolicLink()).toBe(true);
  expect([readFileSync(target, "utf8"), modeOf(target)]).toEqual(["new: 1\n", "600"]);
  expect(readdirSync(join(folder, "etc")).sort()).toEqual(["config.yaml", "one"]);
});

test("a link to a file that is not there yet, and a second name of one that is", async (ctx) => {
  const folder = newFolder(ctx);
  symlinkSync("later/real.yaml", join(folder, "config.yaml"));
  await rewriteFile(join(folder, "config.yaml"), () => [OLD]);
  expect(lstatSync(join(folder, "config.yaml")).isSymbolicLink()).toBe(true);
  linkSync(join(folder, "later", "real.yaml"), join(folder, "second.yaml"));
  await rewriteFile(join(folder, "second.yaml"), () => ["new: ", "1\n"]);
  expect(readFileSync(join(folder, "later", "real.yaml"), "utf8")).toBe("new: 1\n");
});

test("what is no file is refused", async (ctx) => {
  const folder = newFolder(ctx);
  symlinkSync("config.yaml", join(folder, "config.yaml"));
  expect(await refusal(join(folder, "config.yaml"), "")).toBe("its links form a loop");
  expect(await refusal(folder, "")).toBe("it is not a regular file");
  expect(await refusal("/dev/null", "")).toBe("it is not a regular file");
  expect(await refusal(join(written(join(folder, "file")), "config.yaml"), "")).toMatch(/not a folder/);
});

test.skipIf(!isRoot)(
  "a folder that may not be written: in place, longer and shorter (skipped unless root)",
  async (ctx) => {
    const folder = newFolder(ctx);
    const file = written(join(folder, "config.yaml"), OLD, 0o666);
    chmodSync(folder, 0o755);
    for (const text of [`${OLD}${"# more\n".repeat(900)}`, "new: 1\n"]) {
      await asNobody(() => rewriteFile(file, () => [text]));
      expect(readFileSync(file, "utf8")).toBe(text);
    }
  },
);

test.skipIf(!isRoot)(
  "a file that may not be written is not replaced either (skipped unless root)",
  async (ctx) => {
    const folder = newFolder(ctx);
    const file = written(join(folder, "config.yaml"), OLD, 0o444);
    chmodSync(folder, 0o777);
    expect(await asNobody(() => refusal(file, "new: 1\n"))).toBe("this user may not write it or its folder");
    expect(readFileSync(file, "utf8")).toBe(OLD);
  },
);

test("a file that is mounted alone is written in place", async (ctx) => {
  const folder = newFolder(ctx);
  const outside = written(join(folder, "outside.yaml"), OLD, 0o600);
  const inside = mounted(ctx, written(join(folder, "app", "config.yaml"), ""), "--bind", outside);
  for (const text of [`${OLD}pads: []\n`, "new: 1\n"]) {
    await rewriteFile(inside, () => [text]);
    expect(readFileSync(outside, "utf8")).toBe(text);
  }
  expect([modeOf(outside), readdirSync(join(folder, "app"))]).toEqual(["600", ["config.yaml"]]);
});

test("a file system that is mounted read-only is left alone", async (ctx) => {
  const disk = smallDisk(ctx);
  const file = written(join(disk, "config.yaml"));
  execFileSync("mount", ["-o", "remount,ro", disk]);
  expect(await refusal(file, "new: 1\n")).toBe("its file system is mounted read-only");
  expect(await refusal(join(disk, "none.yaml"), "new: 1\n")).toBe("its file system is mounted read-only");
  expect(readFileSync(file, "utf8")).toBe(OLD);
});

test("a full disk leaves the old file, and nothing beside it", async (ctx) => {
  const disk = smallDisk(ctx);
  const file = written(join(disk, "config.yaml"), OLD, 0o600);
  expect(await refusal(file, `${OLD}${"# more\n".repeat(1000)}`)).toBe("the disk is full");
  expect([readFileSync(file, "utf8"), modeOf(file), readdirSync(disk)]).toEqual([
    OLD,
    "600",
    ["config.yaml"],
  ]);
  expect(await refusal(join(disk, "new.yaml"), "# more\n".repeat(1000))).toBe("the disk is full");
  expect(existsSync(join(disk, "new.yaml"))).toBe(false);
});

test("a full disk below a file that is mounted alone: the old text, whole", async (ctx) => {
  const disk = smallDisk(ctx);
  const outside = written(join(disk, "config.yaml"));
  writeFileSync(join(disk, "filler"), "x");
  const inside = mounted(ctx, written(join(newFolder(ctx), "config.yaml"), ""), "--bind", outside);
  expect(await refusal(inside, `${OLD}${"# more\n".repeat(1000)}`)).toBe("the disk is full");
  expect(readFileSync(outside, "utf8")).toBe(OLD);
});
