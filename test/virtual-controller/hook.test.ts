import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { waitUntil } from "../ble/rig.js";
import type { HookRequest, HookSettings, WireLine } from "./hook.js";

const PAD = "57:4c:4e:00:11:22";
const here = (name: string): string => new URL(name, import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "virtual-controller-"));
let child: ChildProcess | null = null;
afterEach(() => {
  child?.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

test("an unchanged program finds the pads behind its noble, and obeys its parent", async () => {
  const wire = join(folder, "wire.jsonl");
  const settings: HookSettings = { pads: [{ address: PAD, model: "c2", faults: { creep: 0.5 } }], wire };
  let said = "";
  const answers: unknown[] = [];
  child = fork(here("programs/plain-noble.js"), {
    execArgv: ["--require", here("hook.cjs")],
    env: { ...process.env, VIRTUAL_CONTROLLER: JSON.stringify(settings) },
    silent: true,
  });
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (said += text));
  let complaints = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (complaints += text));
  const started = child;
  child.on("message", (answer) => answers.push(answer));
  const ask = async (request: HookRequest): Promise<unknown> => {
    const before = answers.length;
    child?.send(request);
    await waitUntil(`an answer to ${request.do}`, () => answers.length > before);
    return answers.at(-1);
  };
  const hasEnded = (): boolean => started.exitCode !== null;
  await waitUntil("a status of the pad", () => said.includes("heard f8a2") || hasEnded(), 20_000);
  expect(hasEnded() && complaints).toBe(false);
  expect(said).toContain("found KS-BLC2");
  expect(await ask({ do: "speed", address: PAD })).toEqual({ done: "speed", speed: 0 });
  await ask({ do: "drop", address: PAD });
  await waitUntil("the disconnect", () => said.includes("disconnected"));
  const lines = readFileSync(wire, "utf8").trim().split("\n");
  const packets = lines.map((line) => JSON.parse(line) as WireLine);
  const story = packets.filter(({ what }) => ["write", "Connected", "Disconnected"].includes(what));
  expect(story.map(({ what, characteristic }) => [what, characteristic])).toEqual([
    ["Connected", null],
    ["write", "fe01"],
    ["write", "fe02"],
    ["Disconnected", null],
  ]);
  expect(story.every(({ address }) => address === PAD)).toBe(true);
  expect(Math.abs(Date.now() - story.at(-1)!.at)).toBeLessThan(10_000);
});
