import { expect, test } from "vitest";
import { ManualClock } from "../../test/support/clock.js";
import { BrokerOutage } from "./broker-outage.js";

const rig = () => {
  const clock = new ManualClock();
  const acted: number[] = [];
  const outage = new BrokerOutage(clock, 60_000, () => void acted.push(clock.now()));
  return { clock, acted, outage };
};

test("acts once when the broker has been gone for long enough", async () => {
  const { clock, acted, outage } = rig();
  outage.lost();
  await clock.advance(59_999);
  expect(acted).toEqual([]);
  await clock.advance(200_000);
  expect(acted).toHaveLength(1);
});

test("a connection that lasts ends the outage, one that does not leaves its time running", async () => {
  const { clock, acted, outage } = rig();
  outage.lost();
  for (let n = 0; n < 14; n += 1) {
    await clock.advance(4_000);
    outage.connected();
    await clock.advance(10);
    outage.lost();
  }
  expect(acted).toEqual([]);
  await clock.advance(4_000);
  expect(acted).toHaveLength(1);
  outage.connected();
  await clock.advance(5_000);
  outage.lost();
  await clock.advance(60_000);
  expect(acted).toHaveLength(2);
});

test("nothing acts after its end", async () => {
  const { clock, acted, outage } = rig();
  outage.lost();
  outage.end();
  await clock.advance(100_000);
  expect(acted).toEqual([]);
});

test("nothing acts while the broker is connected, and the end of a connection that did not last acts at once", async () => {
  const { clock, acted, outage } = rig();
  outage.lost();
  await clock.advance(58_000);
  outage.connected();
  await clock.advance(4_000);
  expect(acted).toEqual([]);
  outage.lost();
  expect(acted).toHaveLength(1);
  outage.connected();
  await clock.advance(1_000);
  outage.lost();
  await clock.advance(100_000);
  expect(acted).toHaveLength(1);
});

test("a connection that lasts from before the deadline prevents the stop", async () => {
  const { clock, acted, outage } = rig();
  outage.lost();
  await clock.advance(58_000);
  outage.connected();
  await clock.advance(6_000);
  outage.lost();
  await clock.advance(59_000);
  expect(acted).toEqual([]);
});
