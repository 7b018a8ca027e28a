import { expect, test } from "vitest";
import { BridgeError } from "../../domain/errors.js";
import { adapterError, attError, connectError, linkLost, stateFromError } from "./errors.js";

const systemError = (code: string): Error => Object.assign(new Error(`${code}, bind`), { code });

test.each([
  [systemError("EAFNOSUPPORT"), "radio-unavailable", "unavailable", "network_mode: host"],
  [systemError("ENODEV"), "radio-unavailable", "unavailable", "bluetooth.adapter"],
  [systemError("EBADFD"), "radio-unavailable", "unavailable", "Plug it in"],
  [systemError("EPERM"), "radio-unauthorized", "unauthorized", "cap_net_raw"],
  [
    systemError("EACCES"),
    "radio-unauthorized",
    "unauthorized",
    "NET_ADMIN, NET_RAW], and to run as root where it has no-new-privileges",
  ],
  [systemError("EBUSY"), "radio-busy", "unavailable", "other program"],
  [systemError("ENETDOWN"), "radio-off", "off", "hciconfig hci3 up"],
  [systemError("ERR_DLOPEN_FAILED"), "radio-unavailable", "unavailable", "--ignore-scripts"],
  [systemError("ERR_MODULE_NOT_FOUND"), "radio-unavailable", "unavailable", "--ignore-scripts"],
  [systemError("MODULE_NOT_FOUND"), "radio-unavailable", "unavailable", "--ignore-scripts"],
  [systemError("ENOTTHOUGHTOF"), "radio-unavailable", "unavailable", "ENOTTHOUGHTOF"],
  ["SILENT", "radio-busy", "unavailable", "hciconfig hci3 reset"],
  ["UNSUPPORTED", "radio-unavailable", "unavailable", "4.0"],
] as const)("an adapter with %s is told in one line, with what to do", (cause, code, state, words) => {
  const trouble = adapterError(cause, 3);
  expect(trouble.code).toBe(code);
  const told = stateFromError(trouble);
  expect(told.state).toBe(state);
  expect(told.advice).toContain(words);
  expect(told.advice).not.toMatch(/\n|\{/);
});

test.each([
  [new Error("Connection Timeout (0x8)"), "connect-failed", "soon"],
  [new Error("Connection Limit Exceeded (0x9)"), "connect-failed", "later"],
  [new Error("Command Disallowed (0xc)"), "radio-busy", "soon"],
  [new Error("no status at all"), "connect-failed", "soon"],
  ["thrown as text", "connect-failed", "soon"],
  [new BridgeError("timeout", "connecting took longer than 6000 ms."), "connect-timeout", "soon"],
  [linkLost("a", 0x3e), "connect-failed", "soon"],
  [new BridgeError("radio-off", "off", { retry: "later" }), "radio-off", "later"],
] as const)("a connect that ends with %s", (cause, code, retry) => {
  expect(connectError(cause, "57:4c:4e:00:11:22")).toMatchObject({ code, retry });
});

test("an older link names the command that ends it", () => {
  const { advice } = connectError(new Error("ACL Connection Already Exists (0xb)"), "57:4c:4e:00:11:22");
  expect(advice).toContain("bluetoothctl disconnect 57:4c:4e:00:11:22");
});

test("unknown reasons and ATT codes are shown as numbers", () => {
  expect(linkLost("a", 0x77).message).toContain("0x77");
  expect(linkLost("a", 0x13).message).not.toContain("0x");
  expect(attError("read-failed", "reading 2a00", 0x80).message).toContain("0x80");
  expect(attError("write-failed", "writing fe02", 0x03).message).toContain("write not permitted");
});
