import { expect, it } from "vitest";
import { ManualClock } from "../../../test/support/clock.js";
import { quiet, SETTINGS } from "../../../test/support/pad-rig.js";
import type { Link, Radio } from "../../ble/radio.js";
import { LinkSupervisor } from "./link-supervisor.js";

const ADDRESS = "57:4c:4e:00:11:22";

/** A radio that keeps none of its promises: it connects when the test says so, aborted or not. */
const willful = () => {
  const connects: { readonly succeed: () => void }[] = [];
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
    connect: () => new Promise((resolve) => connects.push({ succeed: () => resolve(newLink()) })),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  return { radio, connects, closed };
};

const supervised = () => {
  const clock = new ManualClock();
  const { radio, connects, closed } = willful();
  const wish = { wanted: true, served: 0 };
  const supervisor = new LinkSupervisor(
    SETTINGS,
    { radio, clock, log: quiet },
    {
      wanted: () => wish.wanted,
      urgent: () => false,
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
  supervisor.start();
  return { clock, connects, closed, wish, supervisor };
};

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
