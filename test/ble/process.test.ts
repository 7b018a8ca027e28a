import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import { waitUntil } from "./rig.js";

const PROGRAM = new URL("programs/connect-and-end.ts", import.meta.url).pathname;

interface Running {
  readonly child: ChildProcess;
  readonly said: () => string;
  readonly hears: (word: string) => Promise<void>;
}

describe("a program with the real noble in it", () => {
  const children = new Set<ChildProcess>();
  const start = (): Running => {
    const child = spawn(process.execPath, ["--import", "tsx", PROGRAM], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    children.add(child);
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
    return { child, said: () => said, hears: (word) => waitUntil(word, () => said.includes(word), 20_000) };
  };
  afterEach(() => {
    for (const child of children) child.kill("SIGKILL");
    children.clear();
  });

  test("ends by itself once the radio is disposed of", async () => {
    const { child, said, hears } = start();
    await hears("connected");
    const exited = once(child, "exit");
    child.stdin?.write("dispose\n");
    await hears("disposed");
    expect(await exited).toEqual([0, null]);
    expect(said()).toContain("left 0");
  });

  test("keeps running, and keeps its link, upon a SIGINT that it handles itself", async () => {
    const { child, hears } = start();
    await hears("connected");
    child.stdin?.write("listen\n");
    await hears("listening");
    child.kill("SIGINT");
    await hears("interrupted linked");
    const exited = once(child, "exit");
    child.stdin?.write("dispose\n");
    expect(await exited).toEqual([0, null]);
  });
});
