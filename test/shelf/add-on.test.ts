import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, type TestContext } from "vitest";
import { parse } from "yaml";
import { allKeys } from "../../src/config/keys.js";
import { PAD_RULES } from "../../src/config/pads.js";
import { MAIN, ROOT } from "../support/program.js";
import { homeAssistantYaml, type Node, text, walk } from "./files.js";

const { schema, options, ...config } = homeAssistantYaml("docker/addon/config.yaml") as Node & {
  schema: Readonly<Record<string, unknown>> & { pads: readonly Node[] };
  options: Node;
};
const { version } = JSON.parse(text("package.json")) as { version: string };

describe("the add-on's config.yaml", () => {
  it("has the version of the program", () => expect(config["version"]).toBe(version));

  it("gives the bridge the time and the rights that it needs", () => {
    expect(config).toMatchObject({
      slug: "walkingpad2mqtt",
      init: false,
      timeout: 30,
      host_network: true,
      privileged: ["NET_ADMIN", "NET_RAW"],
      services: ["mqtt:want"],
      arch: ["aarch64", "amd64"],
    });
    expect(text("docker/addon/Dockerfile")).toContain("WALKINGPAD2MQTT_SAFETY_SHUTDOWN_TIMEOUT=25");
  });

  it("offers keys of the configuration, and only those of a pad in an entry of pads", () => {
    const keys = allKeys().map(({ key }) => key.replaceAll(".", "_"));
    expect(Object.keys(schema).filter((option) => !keys.includes(option))).toEqual([]);
    // Options nest two levels deep at most (Home Assistant, app configuration): a list in an entry of a list is too deep.
    const flat = Object.keys(PAD_RULES).filter((key) => key !== "presets");
    expect(Object.keys(schema.pads[0] ?? {}).sort()).toEqual(flat.sort());
  });

  it("allows the values that the configuration allows", () => {
    for (const { key, rule } of allKeys()) {
      const option = schema[key.replaceAll(".", "_")];
      if (option === undefined || !("choices" in rule)) continue;
      expect(option).toBe(`list(${(rule.choices ?? []).join("|")})?`);
    }
  });

  it("requires only options without a default, and explains every option", () => {
    expect(options).toEqual({ pads: [] });
    const optional = Object.values(schema).filter((type) => typeof type === "string");
    expect(optional.filter((type) => !type.endsWith("?"))).toEqual([]);
    const { configuration } = homeAssistantYaml("docker/addon/translations/en.yaml") as {
      configuration: Node;
    };
    expect(Object.keys(configuration)).toEqual(Object.keys(schema));
  });
});

describe("what the store of Home Assistant shows", () => {
  // Home Assistant's documentation of app configuration and presentation: PNG, icon square at 128, logo about 250 × 100.
  it.each([
    ["icon.png", 128, 128],
    ["logo.png", 250, 100],
  ])("%s is a PNG of %i × %i", (name, width, height) => {
    const bytes = readFileSync(join(ROOT, "docker/addon", name));
    expect(bytes.subarray(0, 8).toString("latin1")).toBe("\x89PNG\r\n\x1a\n");
    expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([width, height]);
  });

  it("has its keys, with values of their kinds, and none that is not documented", () => {
    expect(config).toMatchObject({
      name: expect.any(String) as string,
      description: expect.any(String) as string,
    });
    expect(config["slug"]).toMatch(/^[-_.A-Za-z0-9]+$/);
    expect(config["image"]).toMatch(/^[^\s:]+\/\{?[^\s:]*\{arch\}$/);
    expect(["initialize", "system", "services", "application", "once"]).toContain(config["startup"]);
    expect(["auto", "manual", "manual_only"]).toContain(config["boot"]);
    const documented = [
      ...[
        "name",
        "version",
        "slug",
        "description",
        "arch",
        "url",
        "image",
        "homeassistant",
        "startup",
        "boot",
        "init",
      ],
      ...[
        "timeout",
        "host_network",
        "privileged",
        "services",
        "ingress",
        "ingress_port",
        "panel_icon",
        "panel_title",
      ],
    ];
    expect(Object.keys(config).filter((key) => !documented.includes(key))).toEqual([]);
    const kinds =
      /^(str|bool|password|email|url|port|device|int(\(\d*,\d*\))?|float(\([\d.]*,[\d.]*\))?|match\(.+\)|list\([^|]+(\|[^|]+)*\))\??$/;
    const types = walk(schema).flatMap(([, type]) => (typeof type === "string" ? type : []));
    expect(types.filter((type) => !kinds.test(type))).toEqual([]);
  });

  it("advises to switch the Watchdog on, and names no command that needs a shell", () => {
    const docs = text("docker/addon/DOCS.md");
    expect(docs).toContain("_Watchdog_");
    expect(docs).not.toMatch(/^\$ |npm |docker /m);
    for (const file of ["README.md", "CHANGELOG.md"]) expect(text(`docker/addon/${file}`)).not.toBe("");
  });
});

interface Start {
  readonly options: Node;
  /** What the Supervisor answers; null: it has no MQTT service. */
  readonly service: Node | null;
  /** How often it has none before that. */
  readonly missing?: number;
  /** Its description of the add-on; null: none. */
  readonly info?: Node | null;
  /** That of an earlier start. */
  readonly folder?: string;
}

const supervisor = async (
  ctx: TestContext,
  { service, missing = 0, info = { ingress_port: 61_234 } }: Start,
) => {
  const asked: unknown[] = [];
  const server = createServer((request, response) => {
    if (request.url === "/addons/self/info" && request.headers.authorization === "Bearer token") {
      response.statusCode = info === null ? 403 : 200;
      response.end(JSON.stringify({ result: "ok", data: info }));
      return;
    }
    asked.push([request.url, request.headers.authorization]);
    response.statusCode = service === null || asked.length <= missing ? 400 : 200;
    response.end(JSON.stringify({ result: "ok", data: service }));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  ctx.onTestFinished(() => void server.close());
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
};

const newFolder = async (ctx: TestContext): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), "w2m-addon-"));
  ctx.onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

/** The output of `check-config` as the add-on starts it. */
const start = async (ctx: TestContext, given: Start) => {
  const folder = given.folder ?? (await newFolder(ctx));
  await writeFile(join(folder, "options.json"), JSON.stringify(given.options));
  const { asked, url } = await supervisor(ctx, given);
  const child = spawn(process.execPath, [join(ROOT, "docker/addon/start.js"), MAIN, "check-config"], {
    cwd: folder,
    env: { SUPERVISOR: url, SUPERVISOR_TOKEN: "token", WALKINGPAD2MQTT_STORE_PATH: folder },
  });
  const said = { out: "", err: "" };
  child.stdout.on("data", (chunk) => (said.out += String(chunk)));
  child.stderr.on("data", (chunk) => (said.err += String(chunk)));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, asked, config: parse(said.out) as Node | null, ...said };
};

describe("the add-on's start", () => {
  it("converts options to the configuration, and gets the broker from the Supervisor", async (ctx) => {
    const pads = [{ id: "office", name: "Walking pad", address: "57:4C:4E:00:11:22", max_speed: 4.5 }];
    const { config: effective, asked } = await start(ctx, {
      options: {
        pads,
        safety_allow_start: false,
        goals_steps: 6000,
        log_level: "debug",
        mqtt_base_topic: "",
      },
      service: { host: "core-mosquitto", port: 1883, ssl: false, username: "addons", password: "pa$$ wörd" },
    });
    expect(asked).toEqual([["/services/mqtt", "Bearer token"]]);
    expect(effective).toMatchObject({
      mqtt: {
        url: "mqtt://core-mosquitto:1883",
        username: "addons",
        password: "***",
        base_topic: "walkingpad2mqtt",
      },
      pads: [{ id: "office", name: "Walking pad", address: "57:4c:4e:00:11:22", max_speed: 4.5 }],
      safety: { allow_start: false },
      goals: { steps: 6000 },
      log: { level: "debug" },
    });
  });

  it("serves the page to the Supervisor's ingress, without a password of its own", async (ctx) => {
    expect(config).toMatchObject({ ingress: true, ingress_port: 0, panel_icon: "mdi:walk" });
    const given = { options: { pads: [], mqtt_url: "mqtt://broker" }, service: null };
    const { config: effective } = await start(ctx, given);
    expect(effective).toMatchObject({
      web: { enabled: true, host: "0.0.0.0", port: 61_234, password: null, trusted_proxy: "172.30.32.2" },
    });
    const without = await start(ctx, { ...given, info: null });
    expect(without.err).toContain("the page is not in the sidebar");
    expect(without.config).toMatchObject({ web: { host: "127.0.0.1", trusted_proxy: null } });
  });

  it("leaves the Supervisor alone when a broker is given", async (ctx) => {
    const { config: effective, asked } = await start(ctx, {
      options: { pads: [], mqtt_url: "mqtts://broker:8883", mqtt_username: "me" },
      service: null,
    });
    expect(asked).toEqual([]);
    expect(effective).toMatchObject({ mqtt: { url: "mqtts://broker:8883", username: "me" } });
  });

  it("reports a missing broker, and continues once there is one", async (ctx) => {
    const {
      asked,
      err,
      config: effective,
    } = await start(ctx, {
      options: { pads: [] },
      service: { host: "core-mosquitto", port: 1883, ssl: false },
      missing: 1,
    });
    expect(asked).toHaveLength(2);
    expect(err).toMatch(/Mosquitto add-on.*mqtt_url.*Trying again/);
    expect(effective).toMatchObject({ mqtt: { url: "mqtt://core-mosquitto:1883" } });
  });

  it("waits for no broker that it knows: a crash may have left a belt moving (safety rule 9)", async (ctx) => {
    const folder = await newFolder(ctx);
    const known = { host: "core-mosquitto", port: 1883, ssl: false, username: "addons", password: "secret" };
    const first = await start(ctx, { options: { pads: [] }, service: known, folder });
    expect((await stat(join(folder, "mqtt-service.json"))).mode & 0o777).toBe(0o600);
    const {
      asked,
      err,
      config: effective,
    } = await start(ctx, { options: { pads: [] }, service: null, folder });
    expect(asked).toHaveLength(1);
    expect(err).toContain("The broker of the last start is used");
    expect(effective).toEqual(first.config);
  });
});
