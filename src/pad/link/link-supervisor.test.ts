import { expect, it } from "vitest";
import { ManualClock } from "../../../test/support/clock.js";
import { quiet, SETTINGS } from "../../../test/support/pad-rig.js";
import type { Link, Radio } from "../../ble/radio.js";
import { LinkSupervisor } from "./link-supervisor.js";
import { RightOfWay } from "./right-of-way.js";

const ADDRESS = "57:4c:4e:00:11:22";

/** A radio that keeps none of its promises: it connects when the test says so, aborted or not. */
const willful = () => {
  const connects: { readonly succeed: () => void; readonly signal: AbortSignal }[] = [];
  const closed: Link[] = [];
  const newLink = (): Link => {
    const link: Link = {
      address: ADDRESS,
      name: null,
      services: new Map(),
      properties: new Map(),
      lost: new AbortController().signal,
      rssi: () => Promise.resolve(null),
      read: () => new Promise(() => undefined),
      write: () => new Promise(() => undefined),
      subscribe: () => new Promise(() => undefined),
      [Symbol.asyncDispose]: () => {
        closed.push(link);
        return Promise.resolve();
      },
    };
    return link;
  };
  const radio: Radio = {
    state: { state: "on", advice: null },
    onState: () => () => undefined,
    scan: (onAdvertisement) => {
      onAdvertisement({ address: ADDRESS, name: null, rssi: null, services: [] });
      return Promise.resolve();
    },
    connect: (_, { signal }) =>
      new Promise((resolve) => connects.push({ succeed: () => resolve(newLink()), signal })),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return { radio, connects, closed };
};

const supervised = (
  clock = new ManualClock(),
  rightOfWay = new RightOfWay(clock),
  given: { readonly leftMoving?: boolean } = {},
) => {
  const { radio, connects, closed } = willful();
  const wish = { wanted: true, urgent: false, leftMoving: false, served: 0 };
  const supervisor = new LinkSupervisor(
    SETTINGS,
    { radio, clock, log: quiet, rightOfWay },
    {
      wanted: () => wish.wanted,
      urgent: () => wish.urgent,
      leftMoving: () => wish.leftMoving,
      phase: () => undefined,
      onAdvertisement: () => undefined,
      ambiguous: () => undefined,
      away: () => undefined,
      bound: () => null,
      bind: () => undefined,
      serve: () => {
        wish.served += 1;
        return new Promise(() => undefined);
      },
    },
  );
  Object.assign(wish, given);
  supervisor.start();
  return { clock, rightOfWay, connects, closed, wish, supervisor };
};

/** Two pads on one adapter: a connect to the second one, which advertises and does not answer, is under way. */
const twoPads = async () => {
  const { clock, rightOfWay, ...mute } = supervised();
  await clock.until(() => mute.connects.length === 1);
  const moving = supervised(clock, rightOfWay);
  await clock.until(() => moving.connects.length === 1);
  expect(mute.connects[0]?.signal.aborted).toBe(false);
  moving.wish.urgent = true;
  moving.supervisor.reconsider();
  await clock.settle();
  return { clock, mute, moving };
};

// Safety rule 1: the connect of another pad holds the adapter for 6 s, and the scan with it (measured).
it("a belt that must be stopped takes the adapter from another pad's connect, and keeps it until it has a link", async () => {
  const { clock, mute, moving } = await twoPads();
  expect(mute.connects[0]?.signal.aborted).toBe(true);
  expect(moving.connects[0]?.signal.aborted).toBe(false);
  await clock.advance(20_000);
  expect(mute.connects).toHaveLength(1);
  moving.connects[0]?.succeed();
  await clock.settle();
  expect(moving.wish.served).toBe(1);
  await clock.until(() => mute.connects.length === 2, 1_000);
  for (const { supervisor } of [mute, moving]) void supervisor.end();
});

it("a belt that is out of reach keeps the adapter for a minute, each stop for another", async () => {
  const { clock, mute, moving } = await twoPads();
  await clock.advance(50_000);
  moving.supervisor.reconsider();
  await clock.advance(50_000);
  expect(mute.connects).toHaveLength(1);
  await clock.until(() => mute.connects.length === 2, 11_000);
  for (const { supervisor } of [mute, moving]) void supervisor.end();
});

it("a belt that a crash may have left moving is connected before all others (safety rule 9)", async () => {
  const { clock, rightOfWay, ...mute } = supervised();
  await clock.until(() => mute.connects.length === 1);
  const left = supervised(clock, rightOfWay, { leftMoving: true });
  await clock.until(() => left.connects.length === 1);
  expect(mute.connects[0]?.signal.aborted).toBe(true);
  for (const { supervisor } of [mute, left]) void supervisor.end();
});

it("of two belts that must be stopped neither waits, and one that ends claims nothing", async () => {
  const { clock, mute, moving } = await twoPads();
  mute.wish.urgent = true;
  mute.supervisor.reconsider();
  await clock.until(() => mute.connects.length === 2, 1_000);
  mute.wish.urgent = false;
  mute.supervisor.reconsider();
  await clock.settle();
  expect(mute.connects[1]?.signal.aborted).toBe(true);
  void moving.supervisor.end();
  await clock.until(() => mute.connects.length === 3, 1_000);
  void mute.supervisor.end();
});

// A pad has one link: one that stays open behind our back keeps everybody from its belt (wire-facts a.1).
it("a link that completes after an abort is closed at once, and not used", async () => {
  const { clock, connects, closed, wish, supervisor } = supervised();
  await clock.until(() => connects.length === 1);
  wish.wanted = false;
  supervisor.reconsider();
  await clock.settle();
  connects[0]?.succeed();
  await clock.settle();
  expect(closed).toHaveLength(1);
  expect(wish.served).toBe(0);
  await clock.settled(supervisor.end());
});

it("a connect that never settles is abandoned, tried again, and closed when it completes late", async () => {
  const { clock, connects, closed, wish, supervisor } = supervised();
  await clock.until(() => connects.length === 2, 60_000);
  connects[0]?.succeed();
  await clock.settle();
  expect(closed).toHaveLength(1);
  connects[1]?.succeed();
  await clock.settle();
  expect(closed).toHaveLength(1);
  expect(wish.served).toBe(1);
  await clock.settled(supervisor.end(), 10_000);
});
