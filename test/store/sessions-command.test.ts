import { execFile, execFileSync } from "node:child_process";
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { Decoder, Stream } from "@garmin/fitsdk";
import { describe, expect, it } from "vitest";
import { cli } from "../../src/cli/cli.js";
import type { PadStatus } from "../../src/domain/pad.js";
import { requestedSessions, sessionObject } from "../../src/app/session-list.js";
import { Ending } from "../../src/process/lifecycle.js";
import { ManualClock } from "../support/clock.js";
import { statusAt } from "../support/pad-state.js";
import { TrackedPad, inFolder, openStore } from "./tracked-pad.js";
import { checkTcx, parseXml, textOf } from "./tcx-check.js";

const run = async (folder: string, ...flags: readonly string[]) => {
  const clock = new ManualClock();
  const said = { out: "", err: "" };
  const code = await cli({
    argv: ["sessions", ...flags],
    env: { WALKINGPAD2MQTT_STORE_PATH: folder },
    clock,
    ending: new Ending(clock),
    terminal: {
      out: (text) => {
        said.out += typeof text === "string" ? text : Buffer.from(text).toString("latin1");
      },
      err: (text) => {
        said.err += text;
      },
    },
  });
  return { code, ...said };
};

const status = (second: number, heartRate: number | null): PadStatus => ({
  ...statusAt(second),
  ...(heartRate === null ? {} : { heartRate }),
});

/** A walk of two minutes in the office with a heart rate, then one in the kitchen that is still under way. */
const walked = async (folder: string): Promise<{ store: Awaited<ReturnType<typeof openStore>> }> => {
  const clock = new ManualClock();
  const store = await openStore(folder, clock);
  const office = new TrackedPad(store, clock);
  for (let second = 0; second <= 120; second += 1) {
    office.status(status(second, 100 + (second % 10)));
    await clock.advance(1000);
  }
  office.end();
  await clock.advance(3_600_000);
  const kitchen = new TrackedPad(store, clock, "kitchen");
  for (let second = 0; second <= 60; second += 1) {
    kitchen.status(status(second, null));
    await clock.advance(1000);
  }
  return { store };
};

describe("walkingpad2mqtt sessions", () => {
  it("is an empty list in every format where there is no store", () =>
    inFolder(async (folder) => {
      const none = join(folder, "nowhere");
      expect(await run(none)).toEqual({ code: 0, out: "No sessions yet.\n", err: "" });
      expect(await run(none, "--format", "json")).toEqual({ code: 0, out: "[]\n", err: "" });
      const csv = await run(none, "--format", "csv");
      expect(csv.out).toMatch(/^pad,id,state,started_at,[a-z_,]+\r\n$/);
      const tcx = await run(none, "--format", "tcx");
      expect(checkTcx(tcx.out)).toEqual([]);
      expect(readdirSync(folder)).toEqual([]);
    }));

  it("prints a table", () =>
    inFolder(async (folder) => {
      const { store } = await walked(folder);
      const { code, out } = await run(folder);
      expect(code).toBe(0);
      const local = (at: string): string =>
        new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "short" }).format(Date.parse(at));
      expect(out.split("\n")).toEqual([
        "Pad      Started             Moved  Distance  Steps  kcal   Average   Fastest",
        `office   ${local("2026-11-22T10:00Z")}  0:02:00   0.12 km    240    ~7  3.6 km/h  3.6 km/h`,
        `kitchen  ${local("2026-11-22T11:02:01Z")}  0:01:00   0.06 km    120    ~4  3.6 km/h  3.6 km/h  active`,
        "         2 sessions        0:03:00   0.18 km    360    11",
        "",
      ]);
      expect((await run(folder, "--imperial")).out).toContain("0.07 mi    240    ~7  2.2 mph");
      await store.close();
    }));

  it("prints JSON, while the bridge runs, as over MQTT", () =>
    inFolder(async (folder) => {
      const { store } = await walked(folder);
      const { out } = await run(folder, "--format", "json");
      const told = JSON.parse(out) as unknown;
      expect(told).toEqual((await store.sessions(requestedSessions({}))).map(sessionObject));
      expect(told).toMatchObject([
        {
          pad: "office",
          state: "ended",
          started_at: "2026-11-22T10:00:00.000Z",
          ended_at: "2026-11-22T10:02:00.000Z",
          distance: 0.12,
          duration: 120,
          steps: 240,
          calories: 7,
          calories_source: "estimate",
          average_speed: 3.6,
          max_speed: 3.6,
        },
        { pad: "kitchen", state: "active", ended_at: null },
      ]);
      const imperial = JSON.parse((await run(folder, "--format", "json", "--imperial")).out) as unknown;
      expect(imperial).toMatchObject([
        { units: "imperial", distance: 0.075, average_speed: 2.24, max_speed: 2.24 },
        {},
      ]);
      await store.close();
    }));

  it.each([
    [["--pad", "kitchen"], ["kitchen"]],
    [["--pad", "garage"], []],
    [
      ["--since", "2026-11-22"],
      ["office", "kitchen"],
    ],
    [["--since", "2026-11-24"], []],
    [
      ["--since", "2026-11-22T10:00:00Z"],
      ["office", "kitchen"],
    ],
    [["--since", "2026-11-22T10:00:01Z"], ["kitchen"]],
    [["--since", "2026-11-22T11:00:00+01:00", "--pad", "office"], ["office"]],
  ])("%j tells of %j", (flags, pads) =>
    inFolder(async (folder) => {
      const { store } = await walked(folder);
      const { out } = await run(folder, "--format", "json", ...flags);
      expect((JSON.parse(out) as { pad: string }[]).map(({ pad }) => pad)).toEqual(pads);
      await store.close();
    }),
  );

  it("writes CSV by RFC 4180", () =>
    inFolder(async (folder) => {
      const { store } = await walked(folder);
      await store.close();
      const [head, ...lines] = (await run(folder, "--format", "csv")).out.split("\r\n");
      expect(head).toBe(
        "pad,id,state,started_at,ended_at,distance_km,duration_s,steps,calories_kcal,calories_source,average_speed_kmh,max_speed_kmh",
      );
      expect(lines[0]).toMatch(
        /^office,[0-9a-z]{9},ended,2026-11-22T10:00:00.000Z,2026-11-22T10:02:00.000Z,0.12,120,240,7,estimate,3.6,3.6$/,
      );
      expect(lines[1]).toMatch(/^kitchen,[0-9a-z]{9},active,2026-11-22T11:02:01.000Z,,0.06,/);
      expect(lines.slice(2)).toEqual([""]);
      expect((await run(folder, "--format", "csv", "--imperial")).out).toContain("distance_mi");
    }));

  it("writes TCX as the schema has it, with the samples", () =>
    inFolder(async (folder) => {
      const { store } = await walked(folder);
      await store.close();
      const { out } = await run(folder, "--format", "tcx");
      expect(checkTcx(out)).toEqual([]);
      const document = parseXml(out);
      expect(textOf(document, "DistanceMeters").slice(0, 3)).toEqual(["120", "0", "1"]);
      expect(textOf(document, "Time")).toHaveLength(121 + 61);
      expect(textOf(document, "Time").slice(0, 2)).toEqual([
        "2026-11-22T10:00:00.000Z",
        "2026-11-22T10:00:01.000Z",
      ]);
      expect(textOf(document, "Notes")).toEqual(["office", "kitchen"]);
      expect(textOf(document, "TotalTimeSeconds")).toEqual(["120", "60"]);
      expect(textOf(document, "Steps")).toEqual(["240", "120"]);
      expect(textOf(document, "MaximumHeartRateBpm")).toEqual(["109"]);
    }));

  it("writes FIT, one walk a file, into a folder or a file", () =>
    inFolder(async (folder) => {
      const { store } = await walked(folder);
      await store.close();
      const walks = join(folder, "walks/");
      expect(await run(folder, "--format", "fit", "--output", walks)).toEqual({ code: 0, out: "", err: "" });
      expect(readdirSync(walks)).toEqual([
        "kitchen-2026-11-22T11-02-01.fit",
        "office-2026-11-22T10-00-00.fit",
      ]);
      const file = join(folder, "one.fit");
      expect(await run(folder, "--format", "fit", "--pad", "office", "--output", file)).toMatchObject({
        code: 0,
      });
      const { out } = await run(folder, "--format", "fit", "--pad", "office");
      expect(readFileSync(file, "latin1")).toBe(out);
      expect(Decoder.isFIT(Stream.fromByteArray([...readFileSync(file)]))).toBe(true);
      expect(await run(folder, "--format", "fit")).toMatchObject({
        code: 64,
        out: "",
        err: expect.stringContaining("2 were found") as string,
      });
      expect(await run(folder, "--format", "fit", "--pad", "garage")).toEqual({
        code: 0,
        out: "",
        err: "No session to write.\n",
      });
    }));

  it("--output is what stdout would be, in a file that keeps its link and its mode", () =>
    inFolder(async (folder) => {
      const { store } = await walked(folder);
      await store.close();
      const [file, link] = [join(folder, "walks.tcx"), join(folder, "link.tcx")];
      writeFileSync(file, "old", { mode: 0o640 });
      symlinkSync(file, link);
      expect(await run(folder, "--format", "tcx", "--output", link)).toEqual({ code: 0, out: "", err: "" });
      expect(readFileSync(file, "utf8")).toBe((await run(folder, "--format", "tcx")).out);
      expect(lstatSync(link).isSymbolicLink()).toBe(true);
      expect(statSync(file).mode & 0o777).toBe(0o640);
      expect(await run(folder, "--output", folder)).toEqual({
        code: 78,
        out: "",
        err: `${folder} cannot be written: it is not a regular file. The existing file was not changed.\n`,
      });
    }));

  it("--output may be a pipe", () =>
    inFolder(async (folder) => {
      const { store } = await walked(folder);
      await store.close();
      const pipe = join(folder, "pipe");
      execFileSync("mkfifo", [pipe]);
      const read = promisify(execFile)("cat", [pipe]);
      expect(await run(folder, "--format", "csv", "--output", pipe)).toEqual({ code: 0, out: "", err: "" });
      expect((await read).stdout).toBe((await run(folder, "--format", "csv")).out);
    }));

  it("--output on a full disk: 78, one sentence, and the file that was there", (ctx) =>
    inFolder(async (folder) => {
      const { store } = await walked(folder);
      await store.close();
      const disk = join(folder, "disk");
      mkdirSync(disk);
      try {
        execFileSync("mount", ["-t", "tmpfs", "-o", "size=8k", "tmpfs", disk], { stdio: "ignore" });
      } catch {
        ctx.skip("mount(8) is not allowed here");
      }
      try {
        const file = join(disk, "walks.tcx");
        const old = "old\n".repeat(1_500);
        writeFileSync(file, old);
        expect(await run(folder, "--format", "tcx", "--output", file)).toEqual({
          code: 78,
          out: "",
          err: `${file} cannot be written: the disk is full. The existing file was not changed.\n`,
        });
        expect([readFileSync(file, "utf8"), readdirSync(disk)]).toEqual([old, ["walks.tcx"]]);
      } finally {
        execFileSync("umount", [disk]);
      }
    }));

  it.each([
    [["--format", "xml"], 64, '--format "xml"'],
    [["--since", "yesterday"], 64, '--since "yesterday"'],
    [["--since", "2026-02-31"], 64, '--since "2026-02-31"'],
    [["--port", "1"], 64, "--port is for demo"],
    [["--config", "/nowhere/config.yaml"], 78, "/nowhere/config.yaml"],
  ])("%j ends with %i", (flags, code, err) =>
    inFolder(async (folder) => {
      const told = await run(folder, ...flags);
      expect(told).toMatchObject({ code, out: "" });
      expect(told.err).toContain(err);
    }),
  );

  it.each([
    ["nonsense", (path: string) => writeFileSync(path, "x".repeat(5000)), "not a database"],
    ["a folder", (path: string) => mkdirSync(path), "EISDIR"],
  ])("reports a store that is %s, and does not change it", (_, spoil, reason) =>
    inFolder(async (folder) => {
      spoil(join(folder, "bridge.db"));
      const { code, out, err } = await run(folder);
      expect({ code, out }).toEqual({ code: 70, out: "" });
      expect(err).toContain(reason);
      expect(readdirSync(folder)).toEqual(["bridge.db"]);
    }),
  );
});

describe("bridge/request/sessions", () => {
  it.each([
    [{ pad: 7 }, "pad must be"],
    [{ since: 7 }, "since must be"],
    [{ since: "soon" }, "since must be"],
  ])("refuses %j", (fields, message) => {
    expect(() => requestedSessions(fields)).toThrow(message);
  });

  it("takes a pad and a time, or neither", () => {
    expect(requestedSessions({})).toEqual({ pad: null, since: null, limit: 1000 });
    expect(requestedSessions({ pad: "office", since: "2026-11-22T10:00:00Z" })).toEqual({
      pad: "office",
      since: Date.UTC(2026, 10, 22, 10),
      limit: 1000,
    });
  });
});
