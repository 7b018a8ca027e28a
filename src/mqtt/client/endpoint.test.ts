import { describe, expect, it } from "vitest";
import { parseEndpoint } from "./endpoint.js";

describe("parseEndpoint", () => {
  it.each([
    ["mqtt://localhost", { scheme: "mqtt", secure: false, host: "localhost", port: 1883, path: null }],
    ["mqtts://broker.lan", { secure: true, port: 8883 }],
    ["mqtt://localhost:2883/ignored", { port: 2883, path: null, shown: "mqtt://localhost:2883" }],
    ["mqtt://[::1]:1883", { host: "::1", shown: "mqtt://[::1]:1883" }],
    ["ws://[::1]:9001", { host: "[::1]", port: 9001, path: "/", shown: "ws://[::1]:9001" }],
    [
      "wss://broker/mqtt?token=secret",
      { secure: true, port: 443, path: "/mqtt?token=secret", shown: "wss://broker:443/mqtt" },
    ],
    ["ws://broker/", { port: 80, path: "/" }],
    [
      "mqtt://me:p%40ss%3Aw%C3%B6rd@broker",
      { username: "me", password: "p@ss:wörd", shown: "mqtt://broker:1883" },
    ],
    ["mqtt://me:100%@broker", { username: "me", password: "100%" }],
    ["mqtt://broker", { username: null, password: null }],
  ])("%s", (url, expected) => {
    expect(parseEndpoint(url)).toMatchObject(expected);
  });

  it.each([
    "",
    "localhost",
    "localhost:1883",
    "http://broker",
    "mqtt://",
    "mqtt://me:secret@",
    "mqtt://me:secret@host:99999",
  ])("refuses %s without repeating it", (url) => {
    const parse = (): unknown => parseEndpoint(url);
    expect(parse).toThrow(expect.objectContaining({ code: "config", retry: "never" }) as Error);
    // Whole, as a logger prints it: neither a cause nor anything else may carry the address.
    expect(parse).toThrow(expect.not.objectContaining({ cause: expect.anything() as unknown }) as Error);
    expect(parse).not.toThrow(/secret/);
  });
});
