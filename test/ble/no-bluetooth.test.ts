import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { nobleRadio } from "../../src/ble/noble/radio.js";
import type { RadioState } from "../../src/ble/radio.js";
import { systemClock } from "../../src/clock.js";
import { recordingLog } from "./log.js";

// No virtual controller here: the real HCI socket, on the real kernel.
test.skipIf(existsSync("/sys/class/bluetooth"))(
  "a machine without Bluetooth: the error says so, with advice",
  async () => {
    const radio = nobleRadio({ adapter: 0 }, { clock: systemClock(), log: recordingLog() });
    try {
      const state = await new Promise<RadioState>((resolve) => void radio.onState(resolve));
      expect(state.state).toBe("unavailable");
      expect(state.advice).toMatch(/not support Bluetooth.*network_mode: host/);
      const { signal } = new AbortController();
      await expect(radio.scan(() => undefined, { signal })).rejects.toMatchObject({
        code: "radio-unavailable",
      });
      await expect(radio.connect("57:4c:4e:00:11:22", { signal })).rejects.toMatchObject({
        code: "radio-unavailable",
      });
    } finally {
      await radio[Symbol.asyncDispose]();
    }
  },
);
