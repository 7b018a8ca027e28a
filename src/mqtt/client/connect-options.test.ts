import { describe, expect, it } from "vitest";
import type { BrokerOptions } from "./broker.js";
import { payloadBytes, connectOptions } from "./connect-options.js";
import { parseEndpoint } from "./endpoint.js";

const OPTIONS: BrokerOptions = {
  url: "",
  username: null,
  password: null,
  ca: "ca",
  cert: "cert",
  key: "key",
  rejectUnauthorized: false,
  clientId: "id",
  protocolVersion: "auto",
  keepalive: 30,
  will: { topic: "w/bridge/state", payload: "offline", retain: true, qos: 1 },
  subscriptions: [],
};
const made = (url: string, options: Partial<BrokerOptions> = {}, version: 4 | 5 = 5) =>
  connectOptions({ ...OPTIONS, ...options }, parseEndpoint(url), version);

describe("connectOptions", () => {
  it("requests a clean session under a stable client id, with the bridge's will only", () => {
    const options = made("mqtt://broker:2883");
    expect(options).toMatchObject({ host: "broker", port: 2883, clientId: "id", clean: true, keepalive: 30 });
    expect(options).toMatchObject({ protocolVersion: 5, properties: { sessionExpiryInterval: 0 } });
    expect(options.will).toEqual({
      topic: "w/bridge/state",
      payload: Buffer.from("offline"),
      retain: true,
      qos: 1,
    });
  });

  it("gives MQTT 3.1.1 no properties", () => {
    expect(made("mqtt://broker", {}, 4)).not.toHaveProperty("properties");
  });

  it("lets MQTT.js neither reconnect, nor store, nor subscribe, nor log by itself", () => {
    const options = made("mqtt://broker");
    expect(options).toMatchObject({ reconnectPeriod: 0, resubscribe: false, queueQoSZero: false });
    expect(typeof options.log).toBe("function");
  });

  it.each([
    ["mqtt://broker", false],
    ["ws://broker", false],
    ["mqtts://broker", true],
    ["wss://broker", true],
  ])("%s: certificates %s", (url, secure) => {
    const names = ["ca", "cert", "key", "rejectUnauthorized"];
    expect(names.map((name) => Object.hasOwn(made(url), name))).toEqual(names.map(() => secure));
  });

  it.each([
    ["mqtt://broker", {}, [undefined, undefined]],
    ["mqtt://u:p@broker", {}, ["u", "p"]],
    ["mqtt://u:p@broker", { username: "me", password: "mine" }, ["me", "mine"]],
    ["mqtt://broker", { username: "me" }, ["me", undefined]],
  ])("%s with %o: credentials %o", (url, options, expected) => {
    const { username, password } = made(url, options) as { username?: string; password?: string };
    expect([username, password]).toEqual(expected);
  });
});

it("bytes: a view's own part only, uncopied", () => {
  const whole = Uint8Array.from([1, 2, 3]);
  const part = payloadBytes(whole.subarray(1)) as Buffer;
  whole[2] = 9;
  expect([...part]).toEqual([2, 9]);
  expect(payloadBytes("text")).toBe("text");
});
