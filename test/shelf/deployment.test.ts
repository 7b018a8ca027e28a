import { describe, expect, it } from "vitest";
import { allKeys } from "../../src/config/keys.js";
import { filesBelow, isNode, type Node, text, walk, yaml } from "./files.js";

// Image, compose files and unit match docs/configuration.md and safety rule 8.

const SHUTDOWN = "WALKINGPAD2MQTT_SAFETY_SHUTDOWN_TIMEOUT";
const { version } = JSON.parse(text("package.json")) as { version: string };

describe("the Dockerfile", () => {
  const lines = text("docker/Dockerfile").replace(/\\\n/g, " ").split("\n");
  const of = (word: string) => lines.filter((line) => line.startsWith(`${word} `));
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith("FROM ")));

  it("starts node itself, in exec form", () => {
    expect(of("ENTRYPOINT")).toEqual(['ENTRYPOINT ["node", "/app/dist/main.js"]']);
    expect(of("CMD")).toEqual([]);
  });

  it("ends by SIGTERM, within the 10 s of a plain docker stop", () => {
    expect(of("STOPSIGNAL")).toEqual(["STOPSIGNAL SIGTERM"]);
    expect(last.join("\n")).toContain(`${SHUTDOWN}=9`);
  });

  it("has a health check in exec form", () => {
    expect(of("HEALTHCHECK").join()).toMatch(/CMD \["node", "\/app\/dist\/main\.js", "health"\]$/);
  });

  it("runs as an unprivileged user, on a volume", () => {
    expect(of("USER")).toEqual(["USER 1000:1000"]);
    expect(of("VOLUME")).toEqual(["VOLUME /data"]);
    expect(last.join("\n")).toContain("WALKINGPAD2MQTT_STORE_PATH=/data");
  });

  it("is made of Node 24 in stages, and ships one layer without compilers", () => {
    expect(
      of("FROM")
        .slice(0, -1)
        .every((line) => line.startsWith("FROM ${BASE} AS ")),
    ).toBe(true);
    expect(of("ARG")).toContain("ARG BASE=node:24-bookworm-slim");
    expect(last[0]).toBe("FROM scratch");
    expect(last.filter((line) => line.startsWith("COPY "))).toEqual(["COPY --from=rootfs / /"]);
    expect(last.some((line) => line.startsWith("RUN "))).toBe(false);
  });

  it("has labels, with the version of the program", () => {
    expect(of("ARG")).toContain(`ARG VERSION=${version}`);
    for (const label of ["title", "description", "source", "licenses", "version", "revision", "created"])
      expect(of("LABEL").join()).toContain(`org.opencontainers.image.${label}=`);
  });
});

type Service = Node & { readonly environment: Readonly<Record<string, string>> };
const services = (path: string) => (yaml(path) as { services: Readonly<Record<string, Service>> }).services;

describe("compose.yaml", () => {
  const { walkingpad2mqtt: bridge, mosquitto, homeassistant } = services("docker/compose.yaml");

  it("gives the bridge 30 s, of which it uses 25", () => {
    expect(bridge?.["stop_grace_period"]).toBe("30s");
    expect(bridge?.environment[SHUTDOWN]).toBe("25");
  });

  it("restarts the bridge after a requested restart, which ends with 0", () => {
    expect(bridge?.["restart"]).toBe("unless-stopped");
  });

  it("gives the bridge Bluetooth and nothing else", () => {
    expect(bridge).toMatchObject({
      network_mode: "host",
      cap_drop: ["ALL"],
      cap_add: ["NET_ADMIN", "NET_RAW"],
      read_only: true,
      volumes: ["data:/data"],
    });
    expect(bridge).not.toHaveProperty("privileged");
    expect(bridge).not.toHaveProperty("init");
  });

  it("ends the broker after the bridge, which has to publish offline", () => {
    expect(bridge?.["depends_on"]).toEqual(["mosquitto"]);
  });

  it("has a broker that requires a password, persists retained messages, and is not open to the network by default", () => {
    const conf = text("docker/mosquitto/mosquitto.conf");
    for (const line of [
      "allow_anonymous false",
      "password_file /mosquitto/data/passwords",
      "persistence true",
    ])
      expect(conf.split("\n")).toContain(line);
    expect(mosquitto?.["ports"]).toEqual(["${MQTT_LISTEN:-127.0.0.1}:1883:1883"]);
    expect(mosquitto?.environment["WALKINGPAD2MQTT_MQTT_PASSWORD"]).toMatch(/\$\{.*:\?/);
  });

  it("has Home Assistant only on request", () => {
    expect(homeassistant?.["profiles"]).toEqual(["homeassistant"]);
  });

  it("takes every variable from .env, where the example has them all", () => {
    const example = text("docker/.env.example");
    const used = text("docker/compose.yaml").match(/(?<=\$\{)\w+(?=:\?)/g) ?? [];
    expect(used.length).toBeGreaterThan(1);
    for (const name of used) expect(example).toMatch(new RegExp(`^${name}=`, "m"));
    expect(bridge?.["env_file"]).toBe(".env");
  });
});

describe("compose.demo.yaml", () => {
  const { walkingpad2mqtt: bridge, mosquitto } = services("docker/compose.demo.yaml");

  it("needs no Bluetooth, no rights and no settings", () => {
    expect(bridge?.environment["WALKINGPAD2MQTT_BLUETOOTH_RADIO"]).toBe("simulator");
    for (const key of ["cap_add", "network_mode", "privileged", "env_file"])
      expect(bridge).not.toHaveProperty(key);
    expect(text("docker/compose.demo.yaml")).not.toContain("${");
  });

  it("has lists that are JSON, and simulates the pads that it configures", () => {
    const list = (name: string) => JSON.parse(bridge?.environment[name] ?? "") as { address: string }[];
    const addresses = (name: string) => list(name).map(({ address }) => address);
    expect(addresses("WALKINGPAD2MQTT_SIMULATOR_PADS")).toEqual(addresses("WALKINGPAD2MQTT_PADS"));
  });

  it("has a password that is part of no other setting, which the log would mask with it", () => {
    const { WALKINGPAD2MQTT_WEB_PASSWORD: password = "", ...others } = bridge?.environment ?? {};
    expect(password).not.toBe("");
    expect(JSON.stringify(others)).not.toContain(password);
  });

  it("comes back after a restart of the machine, the broker included", () => {
    for (const service of [bridge, mosquitto]) expect(service?.["restart"]).toBe("unless-stopped");
  });

  it("has a broker without a password for this machine only, and the times of compose.yaml", () => {
    expect(mosquitto?.["ports"]).toEqual(["127.0.0.1:1883:1883"]);
    expect(bridge).toMatchObject({ stop_grace_period: "30s", environment: { [SHUTDOWN]: "25" } });
  });
});

describe("the systemd unit", () => {
  const lines = text("docker/walkingpad2mqtt.service").split("\n");

  it.each([
    "TimeoutStopSec=30",
    `Environment=${SHUTDOWN}=25`,
    "Restart=always",
    "RestartPreventExitStatus=64 78",
    "AmbientCapabilities=CAP_NET_RAW CAP_NET_ADMIN",
    "CapabilityBoundingSet=CAP_NET_RAW CAP_NET_ADMIN",
    "KillMode=mixed",
    "NoNewPrivileges=yes",
    "StartLimitIntervalSec=0",
  ])("has %s", (line) => expect(lines).toContain(line));

  it("may use Bluetooth sockets, and lets V8 compile", () => {
    expect(lines.find((line) => line.startsWith("RestrictAddressFamilies="))).toContain("AF_BLUETOOTH");
    expect(lines.some((line) => line.startsWith("MemoryDenyWriteExecute="))).toBe(false);
  });
});

it("every environment variable in docs and deployment files exists in the program", () => {
  const known = new Set([
    "WALKINGPAD2MQTT_CONFIG",
    ...allKeys().flatMap(({ env, rule }) => (rule.sensitive ? [env, `${env}_FILE`] : [env])),
  ]);
  const files = ["docker/Dockerfile", "docker/.env.example", "docker/walkingpad2mqtt.service"];
  const folders = [
    ...filesBelow("docker", ".yaml"),
    ...filesBelow("docker", ".sh"),
    ...filesBelow("docs", ".md"),
  ];
  const named = [...files, ...folders, "docker/addon/Dockerfile"].flatMap(
    (path) => text(path).match(/WALKINGPAD2MQTT_[A-Z0-9_]*[A-Z0-9]/g) ?? [],
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});

it("no compose file hands a list to the environment that is not text", () => {
  for (const path of ["docker/compose.yaml", "docker/compose.demo.yaml"])
    for (const [key, value] of walk(yaml(path)))
      if (key === "environment" && isNode(value))
        for (const setting of Object.values(value)) expect(typeof setting).toBe("string");
});
