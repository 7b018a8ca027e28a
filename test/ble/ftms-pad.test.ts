import { expect, test } from "vitest";
import { systemClock } from "../../src/clock.js";
import { NO_FAULTS } from "../../src/domain/faults.js";
import { VirtualController } from "../virtual-controller/controller.js";
import { mountPads } from "../virtual-controller/sim-peripheral.js";
import { neverAborted, rigOver, waitUntil } from "./rig.js";

const PAD = "57:4c:4e:00:22:11";
const signal = neverAborted();

test("notifications and indications of a machine arrive through the real noble", async () => {
  const controller = new VirtualController();
  mountPads(controller, [{ address: PAD, name: null, model: "ftms", faults: NO_FAULTS }], systemClock());
  await using rig = rigOver(controller);
  const link = await rig.connect(PAD);
  expect(link.services.get("1826")).toEqual(expect.arrayContaining(["2acd", "2ad9"]));
  const [answers, statuses]: [string[], number[]] = [[], []];
  await link.subscribe("2ad9", (bytes) => answers.push(Buffer.from(bytes).toString("hex")), { signal });
  await link.subscribe("2acd", (bytes) => statuses.push(bytes.length), { signal });
  await link.write("2ad9", Uint8Array.of(0x00), { signal, response: true });
  await waitUntil("the answer to the request for control", () => answers.length > 0);
  expect(answers).toEqual(["800001"]);
  await waitUntil("two statuses", () => statuses.length >= 2);
  expect((await link.read("2ad4", { signal })).length).toBe(6);
});
