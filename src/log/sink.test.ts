import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import { ManualClock } from "../../test/support/clock.js";
import { streamSink } from "./sink.js";

/** A stream whose writes end when, and how, the test says. */
const heldStream = () => {
  const written: string[] = [];
  const pending: ((error?: Error) => void)[] = [];
  const stream = new Writable({
    decodeStrings: false,
    autoDestroy: false,
    write(chunk: string, _encoding, done) {
      written.push(chunk);
      pending.push(done);
    },
  });
  const end = (error?: Error): void => pending.shift()?.(error);
  return { stream, written, end };
};
const failure = (code: string): Error => Object.assign(new Error(code), { code });
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("in process", () => {
  test("flush waits until everything is written", async () => {
    const { stream, end } = heldStream();
    const sink = streamSink(stream, new ManualClock(), () => undefined);
    let flushed = false;
    await sink.flush(1000);
    sink.write("a\n");
    sink.write("b\n");
    const flush = sink.flush(1000).then(() => (flushed = true));
    end();
    await settled();
    expect(flushed).toBe(false);
    end();
    await flush;
  });

  test("flush ends at its deadline when the output is not read", async () => {
    const clock = new ManualClock();
    const { stream } = heldStream();
    const sink = streamSink(stream, clock, () => undefined);
    sink.write("a\n");
    let flushed = false;
    const flush = sink.flush(200).then(() => (flushed = true));
    await clock.advance(199);
    expect(flushed).toBe(false);
    await clock.advance(1);
    await flush;
    expect(clock.pending).toBe(0);
  });

  test("unread lines beyond a megabyte are lost, and their number is logged once the output is read", async () => {
    const { stream, written, end } = heldStream();
    const recovered: number[] = [];
    const sink = streamSink(stream, new ManualClock(), (lost) => recovered.push(lost));
    const line = `${"x".repeat(99_999)}\n`;
    for (let i = 0; i < 20; i += 1) sink.write(line);
    expect(stream.writableLength).toBe(1_100_000);
    expect(recovered).toEqual([]);
    for (let i = 0; i < 11; i += 1) {
      end();
      await settled();
    }
    expect(written).toHaveLength(11);
    expect(recovered).toEqual([9]);
    sink.write("again\n");
    expect(written.at(-1)).toBe("again\n");
  });

  test("a reader that is gone silences the log, and lets flush go at once", async () => {
    const { stream, written, end } = heldStream();
    const sink = streamSink(stream, new ManualClock(), () => undefined);
    sink.write("a\n");
    sink.write("b\n");
    const flush = sink.flush(1e9);
    end(failure("EPIPE"));
    await flush;
    sink.write("c\n");
    expect(written).toEqual(["a\n"]);
    await sink.flush(1e9);
  });

  test("a disk that is full loses lines, until there is room", async () => {
    const lines: string[] = [];
    let full = true;
    // As standard output does, it lives on after an error.
    const stream = {
      writableLength: 0,
      destroyed: false,
      on: () => stream,
      write: (line: string, done: (error?: Error) => void) => {
        if (!full) lines.push(line);
        done(full ? failure("ENOSPC") : undefined);
      },
    } as unknown as Writable;
    const sink = streamSink(stream, new ManualClock(), () => undefined);
    sink.write("a\n");
    await sink.flush(1e9);
    full = false;
    sink.write("b\n");
    expect(lines).toEqual(["b\n"]);
  });

  test("a stream that was destroyed, or throws, is no reason to throw", async () => {
    const { stream } = heldStream();
    const sink = streamSink(stream, new ManualClock(), () => undefined);
    stream.destroy();
    await settled();
    sink.write("a\n");
    stream.write = () => {
      throw failure("EBADF");
    };
    const second = streamSink(stream, new ManualClock(), () => undefined);
    second.write("b\n");
    await second.flush(1e9);
  });
});

/** Runs a program that has `log`, `flush` and `heartbeat` (a file's path) under tsx; `shell` starts it. */
const program = (body: string): readonly string[] => {
  const at = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  const code = `
    const { createLogger } = await import(${at("./log.ts")});
    const { systemClock } = await import(${at("../clock.ts")});
    const { writeFileSync } = await import("node:fs");
    const { log, flush } = createLogger({
      level: "info", format: "json", secrets: [], stream: process.stdout, journal: false, isTty: false, clock: systemClock(),
    });
    ${body}`;
  return ["--import", "tsx", "--input-type=module", "--eval", code];
};
const quoted = (words: readonly string[]): string =>
  words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
const shell = (command: string) => spawnSync("sh", ["-c", command], { encoding: "utf8", timeout: 25_000 });

const CHATTY = `
  for (let i = 0; i < 200; i += 1) {
    log.info({ i }, "still here");
    if (i % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  log.error({ err: new Error("the last one") }, "bye");
  await flush(1000);
  process.exitCode = 7;`;

describe("in a program of its own", () => {
  test("whose output is closed", () => {
    const run = shell(`{ ${quoted([process.execPath, ...program(CHATTY)])}; echo "code $?" >&2; } | true`);
    expect(run.stderr).toBe("code 7\n");
  });

  test("whose output was never open", () => {
    const run = shell(`${quoted([process.execPath, ...program(CHATTY)])} >&-`);
    expect([run.status, run.stderr]).toEqual([7, ""]);
  });

  test.skipIf(!existsSync("/dev/full"))("whose disk is full", () => {
    const run = shell(`${quoted([process.execPath, ...program(CHATTY)])} > /dev/full`);
    expect([run.status, run.stderr]).toEqual([7, ""]);
  });

  test("that ends at once after a flush: nothing is lost, however slow the reader", () => {
    const body = `
      for (let i = 0; i < 500; i += 1) log.info({ i, text: "x".repeat(1000) }, "line");
      await flush(10_000);
      process.exit(0);`;
    const run = shell(`${quoted([process.execPath, ...program(body)])} | { sleep 1; cat; }`);
    const lines = run.stdout.trim().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as { i: number }).i)).toEqual(
      Array.from({ length: 500 }, (_, i) => i),
    );
  });

  test("whose reader sleeps: the main loop turns on, and flush ends in time", async () => {
    const body = `
      for (let i = 0; i < 3000; i += 1) log.info({ text: "x".repeat(1000) }, "line");
      const filled = Date.now();
      await flush(300);
      process.stderr.write(JSON.stringify({ flushed: Date.now() - filled }), () => process.exit(0));`;
    const child = spawn(process.execPath, program(body), { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    const code = await new Promise((resolve) => child.on("exit", resolve));
    const { flushed } = JSON.parse(said) as { flushed: number };
    expect(code).toBe(0);
    expect(flushed).toBeGreaterThanOrEqual(290);
    child.stdout.destroy();
  });

  /** util-linux: runs a command on a pseudo-terminal and copies what it prints, unless nobody reads its own output. */
  const script = spawnSync("script", ["--version"], { encoding: "utf8" });
  test.skipIf(script.status !== 0 || !script.stdout.includes("util-linux"))(
    "whose terminal is paused: the main loop turns on",
    async () => {
      const folder = mkdtempSync(join(tmpdir(), "log-"));
      const file = join(folder, "beats");
      const body = `
      if (!process.stdout.isTTY) throw new Error("no terminal");
      for (let i = 0; i < 400; i += 1) log.info({ text: "x".repeat(1000) }, "line");
      await new Promise((resolve) => setTimeout(resolve, 100));
      await flush(300);
      writeFileSync(${JSON.stringify(file)}, "turned");`;
      const command = quoted([process.execPath, ...program(body)]);
      const child = spawn("script", ["-qec", command, "/dev/null"], { stdio: ["pipe", "pipe", "ignore"] });
      try {
        await expect
          .poll(() => existsSync(file) && readFileSync(file, "utf8"), { timeout: 20_000 })
          .toBe("turned");
      } finally {
        child.kill("SIGKILL");
        child.stdout.destroy();
        rmSync(folder, { recursive: true });
      }
    },
  );
});
