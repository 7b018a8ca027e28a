import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { BrokerOptions } from "../../src/mqtt/client/broker.js";
import { freePort, Mosquitto, mosquittoBinary, type MosquittoOptions } from "../support/mosquitto.js";
import { MqttProbe } from "../support/mqtt-probe.js";
import { clientUnderTest, type ClientUnderTest } from "./client-under-test.js";

const start = async (options: MosquittoOptions = {}): Promise<Mosquitto> => {
  const mosquitto = await Mosquitto.start(options);
  onTestFinished(() => mosquitto.dispose());
  return mosquitto;
};
const end = (url: string, options: Partial<BrokerOptions> = {}): ClientUnderTest => {
  const made = clientUnderTest(url, options);
  onTestFinished(() => made.broker.close(0));
  return made;
};
const state = (payload: string) => ({ topic: "w/p/state", payload, retain: true, qos: 1 }) as const;

/** A certificate for 127.0.0.1, its own authority; null where there is no openssl. */
const certificate = (): { readonly cert: string; readonly folder: string } | null => {
  const folder = mkdtempSync(join(tmpdir(), "certificate-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const files = ["-keyout", join(folder, "key.pem"), "-out", join(folder, "cert.pem")];
  const subject = [
    "-subj",
    "/CN=127.0.0.1",
    "-addext",
    "subjectAltName=IP:127.0.0.1",
    "-days",
    "2",
    "-nodes",
  ];
  try {
    execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", ...subject, ...files], {
      stdio: "ignore",
    });
  } catch {
    return null;
  }
  return { cert: readFileSync(join(folder, "cert.pem"), "utf8"), folder };
};

const missing = mosquittoBinary() === null;
describe.skipIf(missing)(`a real Mosquitto${missing ? " (skipped: no binary here)" : ""}`, () => {
  it.each(["5", "4"] as const)(
    "that wants a password, MQTT %s: refused without, served with",
    async (version) => {
      const options = { protocolVersion: version };
      const mosquitto = await start({ username: "me", password: "p:@ss%/wörd" });
      const wrong = end(mosquitto.url, { ...options, username: "me", password: "wrong", clientId: "wrong" });
      await wrong.journal.until(({ lines }) => lines.some(({ level }) => level === "debug"));
      expect(wrong.journal.lines.map(({ level }) => level)).toEqual(["error", "debug"]);
      const right = end(mosquitto.url, {
        ...options,
        username: "me",
        password: "p:@ss%/wörd",
        clientId: "right",
      });
      await right.journal.until(({ ready }) => ready === 1);
      const inUrl = `mqtt://me:${encodeURIComponent("p:@ss%/wörd")}@127.0.0.1:${mosquitto.port}`;
      const byUrl = end(inUrl, { ...options, clientId: "url" });
      await byUrl.journal.until(({ ready }) => ready === 1);
      expect(JSON.stringify(byUrl.journal.lines)).not.toContain("ss%");
      expect(JSON.stringify(byUrl.journal.lines)).not.toContain("me:");
    },
  );

  it.each(["SIGTERM", "SIGKILL"] as const)(
    "that comes back from %s with nothing in memory gets everything again",
    async (signal) => {
      const mosquitto = await start();
      const { broker, journal } = end(mosquitto.url);
      await journal.until(({ ready }) => ready === 1);
      await broker.publishAcknowledged(state("before"), 5000);
      await mosquitto.stop(signal);
      await journal.until(({ lost }) => lost.length === 1);
      broker.publish(state("meanwhile"));
      await mosquitto.restart();
      await journal.until(({ ready }) => ready === 2);
      const probe = await MqttProbe.connect(mosquitto.url);
      expect(await probe.until("w/p/state", 5000)).toMatchObject({ payload: "meanwhile" });
      await probe.close();
      expect(journal.lines.map(({ level }) => level).filter((level) => level !== "debug")).toEqual([
        "info",
        "warn",
        "info",
      ]);
    },
  );

  it("that is not there yet is waited for", async () => {
    const port = await freePort();
    const { journal } = end(`mqtt://127.0.0.1:${port}`);
    await journal.until(({ lines }) => lines.some(({ level }) => level === "debug"));
    expect(journal.lines[0]).toMatchObject({
      level: "warn",
      message: expect.stringContaining("ECONNREFUSED") as string,
    });
    await start({ port });
    await journal.until(({ ready }) => ready === 1);
  });

  it("that freezes holds up neither publishes nor the close, and gets its messages when it thaws", async () => {
    const mosquitto = await start();
    const { broker, journal } = end(mosquitto.url);
    const other = end(mosquitto.url, { clientId: "other" });
    await Promise.all([journal, other.journal].map((each) => each.until(({ ready }) => ready === 1)));
    mosquitto.freeze();
    for (let n = 0; n < 1000; n += 1) broker.publish(state(String(n)));
    await other.broker.close(200);
    mosquitto.resume();
    expect(await broker.publishAcknowledged(state("last"), 5000)).toBe(true);
    expect(broker.counters().queued).toBe(0);
  });

  it("with another client of the same id: warns after three rounds of a second bridge, and slows down", async () => {
    const mosquitto = await start();
    const { journal } = end(mosquitto.url);
    await journal.until(({ ready }) => ready === 1);
    // Version 2.0.11 hangs up on the older one without the DISCONNECT 0x8E that MQTT 5 provides.
    const rival = await MqttProbe.connect(mosquitto.url, { clientId: "w2m-test", protocolVersion: 5 });
    await journal.until(({ lost }) => lost.length === 3);
    await rival.close();
    expect(journal.at("warn").map(({ fields }) => fields)).toMatchObject([
      { retryInMs: 500 },
      { retryInMs: 2000, clientId: "w2m-test", advice: expect.stringContaining("second bridge") as string },
    ]);
  });

  it("over WebSockets", async () => {
    const port = await freePort();
    await start({ config: [`listener ${port} 127.0.0.1`, "protocol websockets"] });
    const { broker, journal } = end(`ws://127.0.0.1:${port}/mqtt`);
    await journal.until(({ ready }) => ready === 1);
    expect(await broker.publishAcknowledged(state("x"), 5000)).toBe(true);
    await broker.close(1000);
  });

  it("over TLS: with its authority, without checking, and refused with advice when it is unknown", async ({
    skip,
  }) => {
    const made = certificate();
    if (!made) return skip("no openssl on this machine");
    const [port, { cert, folder }] = [await freePort(), made];
    const files = [`certfile ${join(folder, "cert.pem")}`, `keyfile ${join(folder, "key.pem")}`];
    await start({ config: [`listener ${port} 127.0.0.1`, ...files] });
    const url = `mqtts://127.0.0.1:${port}`;
    await end(url, { ca: cert, clientId: "a" }).journal.until(({ ready }) => ready === 1);
    await end(url, { rejectUnauthorized: false, clientId: "b" }).journal.until(({ ready }) => ready === 1);
    const unknown = end(url, { clientId: "c" }).journal;
    const broken = end(url, { clientId: "d", ca: "-----BEGIN CERTIFICATE-----\nnonsense" }).journal;
    for (const journal of [unknown, broken]) {
      await journal.until(({ lines }) => lines.length >= 3, 15_000);
      expect(journal.lines.map(({ level }) => level).slice(0, 3)).toEqual(["warn", "debug", "debug"]);
      expect(journal.lines[0]).toMatchObject({
        message: expect.stringContaining("No secure connection") as string,
        fields: { advice: expect.stringContaining("mqtt.ca") as string },
      });
    }
  });
});
