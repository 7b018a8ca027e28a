import { describe as suite, expect, it } from "vitest";
import { describe, disconnectReasonOf } from "./disconnect-reason.js";

const error = (code: string, message = "text"): Error => Object.assign(new Error(message), { code });
const plain = { connack: null, secure: false, secured: true };
const handshaking = { connack: null, secure: true, secured: false };

suite("disconnectReasonOf", () => {
  it.each([
    ["nobody listens", error("ECONNREFUSED"), plain, "unreachable"],
    ["no such name", error("ENOTFOUND"), handshaking, "unreachable"],
    ["hung up before CONNACK", null, plain, "closed"],
    ["reset before CONNACK", error("ECONNRESET"), plain, "closed"],
    ["reset in the TLS handshake: no sign of an old broker", error("ECONNRESET"), handshaking, "tls"],
    ["closed after the TLS handshake", null, { ...handshaking, secured: true }, "closed"],
    ["unknown authority", error("SELF_SIGNED_CERT_IN_CHAIN"), handshaking, "tls"],
    ["no MQTT", new Error("Invalid header flag bits"), plain, "broken"],
    ["refused", new Error("Connection refused"), { ...plain, connack: 5 }, "refused"],
    ["closed after a refusal", null, { ...plain, connack: 5 }, "refused"],
    ["reset while up", error("ECONNRESET"), { ...plain, connack: 0 }, "lost"],
  ])("%s", (_, thrown, seen, kind) => {
    expect(disconnectReasonOf(thrown, seen).kind).toBe(kind);
  });

  it("names the code where Node leaves the message empty", () => {
    expect(disconnectReasonOf(error("ECONNREFUSED", ""), plain).detail).toBe("ECONNREFUSED");
  });
});

suite("describe", () => {
  it.each([
    [
      { kind: "refused", code: 5, detail: "not authorized" },
      "Broker refuses the connection (code 5, not authorized)",
    ],
    [
      { kind: "disconnected", code: 142, detail: "" },
      "Broker closed the connection (code 142, session taken over)",
    ],
    [
      { kind: "refused", code: 154, detail: "Connection refused: Retain not supported" },
      "Broker refuses the connection (code 154, retained messages not supported)",
    ],
    [
      { kind: "refused", code: 99, detail: "Connection refused: undefined" },
      "Broker refuses the connection (code 99, Connection refused: undefined)",
    ],
    [
      { kind: "disconnected", code: 139, detail: "back at noon" },
      "Broker closed the connection (code 139, broker shutting down, back at noon)",
    ],
    [{ kind: "mute", detail: "no CONNACK for 10 s" }, "Broker does not answer (no CONNACK for 10 s)"],
  ] as const)("%o", (failure, text) => {
    expect(describe(failure)).toBe(text);
  });
});
