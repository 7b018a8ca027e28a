import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { EchoPeripheral } from "../virtual-controller/peripheral.js";
import { neverAborted, nobleRig, waitUntil } from "./rig.js";

const signal = neverAborted();
const addressOf = (index: number): string => `57:4c:4e:00:11:0${index}`;

test("eight pads on one adapter: what is written to one never waits for another's reconnect", async () => {
  const pads = Array.from({ length: 8 }, (_, index) => new EchoPeripheral(addressOf(index)));
  await using rig = nobleRig(pads);
  const links = await Promise.all(pads.map((pad) => rig.connect(pad.address)));
  const heard = links.map(() => 0);
  await Promise.all(links.map((link, i) => link.subscribe("fe01", () => heard[i]!++, { signal })));
  // One is gone and does not answer any more.
  rig.controller.faults.deaf = (address) => address === addressOf(0);
  rig.controller.drop(addressOf(0));
  await waitUntil("the loss is noticed", () => links[0]!.lost.aborted);
  const give = new AbortController();
  const vain = rig.connect(addressOf(0), give.signal);
  vain.catch(() => undefined);
  await waitUntil("a connect is pending", () => rig.controller.connecting !== null);
  const others = links.slice(1);
  for (let beat = 0; beat < 20; beat += 1) {
    await Promise.all(
      others.map((link) => link.write("fe02", Uint8Array.of(beat), { signal, response: false })),
    );
    await pause(20);
  }
  await waitUntil("every answer", () => heard.slice(1).every((count) => count === 20));
  expect(rig.controller.connecting).toBe(addressOf(0));
  give.abort();
  await expect(vain).rejects.toBeDefined();
});

test("pads that ask at the same time are connected in that order, one at a time", async () => {
  const pads = Array.from({ length: 8 }, (_, index) => new EchoPeripheral(addressOf(index)));
  await using rig = nobleRig(pads);
  const order = [3, 0, 7, 1, 6, 2, 5, 4];
  const heard = new Set<string>();
  const stop = new AbortController();
  const scan = rig.radio.scan(({ address }) => heard.add(address), { signal: stop.signal });
  await waitUntil("all are heard", () => heard.size === 8);
  await Promise.all(order.map((index) => rig.connect(addressOf(index))));
  stop.abort();
  await scan;
  const asked = rig.controller.wire.packets.filter(({ what }) =>
    ["Create Connection", "Connected"].includes(what),
  );
  expect(asked.map(({ what, address }) => `${what} ${address ?? ""}`)).toEqual(
    order.flatMap((index) => [`Create Connection ${addressOf(index)}`, `Connected ${addressOf(index)}`]),
  );
});
