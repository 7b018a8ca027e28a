import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Command, isStop, type Outcome } from "../../src/domain/command.js";
import { SIMULATED_MODELS, type SimulatedModel } from "../../src/domain/faults.js";
import { speedFromKmh } from "../../src/domain/units.js";
import {
  ADDRESS,
  isMotion,
  link,
  mode,
  OFF,
  ON,
  padRig,
  type Rig,
  speed,
  STOP,
  verb,
} from "../support/pad-rig.js";

/** Something that happens to a pad: a command, a hand on the remote, a fault, or time. */
type Deed = { readonly what: string; readonly run: (world: World) => Promise<void> | void };

const deed = (what: string, run: Deed["run"]): Deed => ({ what, run });
const say = (deeds: fc.Arbitrary<Deed>): fc.Arbitrary<Deed> =>
  deeds.map((one) => Object.assign(one, { [fc.toStringMethod]: () => one.what }));

/** The longest any of them may take: a stop from 10 km/h, a mode after it; a speed from rest to 10 km/h. */
const DEADLINES: Readonly<Record<Command["key"], number>> = {
  belt: 31_000,
  command: 31_000,
  speed: 50_000,
  mode: 36_000,
  incline: 0,
  link: 20_000,
};
const MARGIN = 1_500;
/** km/h: what a status rounds to 0 (wire-facts a.7). */
const LEAST = 0.05;

interface Submitted {
  readonly command: Command;
  readonly at: number;
  readonly outcomes: Outcome[];
}

/** A pad, everything that was asked of it, and what was seen to go wrong. */
class World {
  readonly rig: Rig;
  readonly submitted: Submitted[] = [];
  readonly wrongs: string[] = [];
  /** Since when a stop is neither confirmed nor dropped. */
  #stopping: number | null = null;
  readonly #stops: { readonly from: number; readonly until: number }[] = [];
  readonly #statuses: { readonly at: number; readonly belt: string; readonly speed: number }[] = [];
  #slept = 0;

  constructor(rig: Rig) {
    this.rig = rig;
    rig.pad.subscribe({ changed: () => this.#look(), happened: () => undefined });
  }

  submit(command: Command, age = 0): void {
    const { rig } = this;
    const entry: Submitted = { command, at: rig.clock.now() - this.#slept, outcomes: [] };
    this.submitted.push(entry);
    const respond = (outcome: Outcome): void => {
      entry.outcomes.push(outcome);
      const took = rig.clock.now() - this.#slept - entry.at;
      if (took > DEADLINES[command.key] + MARGIN) this.wrongs.push(`${command.key} took ${took} ms`);
      if (isStop(command) && outcome.status === "ok" && rig.speed() >= LEAST)
        this.wrongs.push("a stop was ok too early");
    };
    rig.pad.submit([{ command, respond }], rig.clock.now() - age, false);
    this.#look();
  }

  async suspend(ms: number): Promise<void> {
    // What was said just before is heard: how old it is afterwards is another test's concern.
    await this.rig.clock.advance(50);
    this.#slept += ms;
    this.rig.clock.suspend(ms);
  }

  #look(): void {
    const { rig } = this;
    const now = rig.clock.now();
    const { state, counters } = rig.pad.view();
    if (counters.statuses > this.#statuses.length)
      this.#statuses.push({ at: now, belt: state.belt, speed: rig.speed() });
    const dropped = rig.warnings.some((line) => line.startsWith("a stop was dropped"));
    if (this.#stopping === null && !state.stopConfirmed && !dropped) this.#stopping = now;
    if (this.#stopping === null || !(state.stopConfirmed || dropped)) return;
    if (state.stopConfirmed && rig.speed() >= LEAST) this.wrongs.push(`confirmed at ${rig.speed()} km/h`);
    this.#stops.push({ from: this.#stopping, until: now });
    this.#stopping = null;
    rig.warnings.length = 0;
  }

  /** Frames that were handed to a link though they must not be. */
  strayFrames(): string[] {
    const stops =
      this.#stopping === null ? this.#stops : [...this.#stops, { from: this.#stopping, until: Infinity }];
    return this.rig.handed
      .filter(({ op }) => isMotion(op))
      .flatMap(({ at, op }) => {
        const underStop = stops.some(({ from, until }) => from < at && at < until);
        const last = this.#statuses.findLast((status) => status.at <= at);
        const atRest =
          last !== undefined && ["idle", "standby", "paused"].includes(last.belt) && at - last.at <= 2_000;
        const running = last?.belt === "running" && at - last.at <= 2_000;
        const allowed = op === "start" ? atRest : running;
        return underStop || !allowed
          ? [`${op} at ${at}, under a stop: ${underStop}, belt: ${last?.belt}`]
          : [];
      });
  }

  /** The true speed when the pad was last heard. */
  get lastSeenAt(): number | undefined {
    return this.#statuses.at(-1)?.speed;
  }

  unsettled(): string[] {
    return this.submitted
      .filter(({ outcomes }) => outcomes.length !== 1)
      .map(({ command, outcomes }) => `${command.key} ${command.value}: ${outcomes.length} results`);
  }
}

const commands: fc.Arbitrary<Deed> = fc
  .oneof(
    fc.constantFrom<Command>(ON, OFF, STOP, verb("start"), verb("resume"), verb("toggle"), verb("pause")),
    fc.constantFrom<Command>(verb("faster"), verb("slower"), mode("auto"), mode("manual"), mode("standby")),
    fc.constantFrom(0, 0.6, 2, 3.5, 6, 9).map(speed),
    fc.constantFrom<Command>(link("ON"), link("OFF")),
  )
  .map((command) => deed(`${command.key} ${command.value}`, (world) => world.submit(command)));

const remote = fc
  .constantFrom("start-stop", "+", "-")
  .map((key) => deed(`remote ${key}`, ({ rig }) => rig.press(key)));

const NO_CREEP = fc.constantFrom(
  {},
  { drop: 0.4 },
  { drop: 1 },
  { corrupt: 0.3 },
  { refuseStart: 0.5 },
  { disconnectAfter: 2 },
  { refuseConnect: { share: 0.7, seconds: null } },
);
const CREEP = fc.constant({ creep: speedFromKmh(0.5) });

const faults = fc
  .oneof({ weight: 4, arbitrary: NO_CREEP }, { weight: 1, arbitrary: CREEP })
  .map((set) => deed(`faults ${JSON.stringify(set)}`, ({ rig }) => rig.faults(set)));

const radio = fc.constantFrom(
  deed("disconnect", ({ rig }) => rig.radio.disconnect(ADDRESS)),
  deed("out of range", ({ rig }) => rig.radio.outOfRange(ADDRESS, true)),
  deed("in range", ({ rig }) => rig.radio.outOfRange(ADDRESS, false)),
  deed("writes hang", ({ rig }) => rig.radio.hangWrites(ADDRESS, true)),
  deed("writes go", ({ rig }) => rig.radio.hangWrites(ADDRESS, false)),
  deed("radio off", ({ rig }) => rig.radio.setPower("off")),
  deed("radio on", ({ rig }) => rig.radio.setPower("on")),
  deed("broker lost", ({ rig }) => void rig.pad.stopFor("broker_lost")),
);

const time = fc.oneof(
  fc
    .oneof(fc.integer({ min: 1, max: 900 }), fc.integer({ min: 900, max: 12_000 }))
    .map((ms) => deed(`${ms} ms`, ({ rig }) => rig.clock.advance(ms))),
  fc.constantFrom(1_000, 4_000, 30_000).map((ms) => deed(`asleep ${ms} ms`, (world) => world.suspend(ms))),
);

const day = fc.array(
  say(
    fc.oneof(
      { weight: 5, arbitrary: commands },
      { weight: 5, arbitrary: time },
      { weight: 2, arbitrary: remote },
      { weight: 1, arbitrary: faults },
      { weight: 1, arbitrary: radio },
    ),
  ),
  { minLength: 5, maxLength: 40 },
);

const models = fc.constantFrom(...SIMULATED_MODELS);

const live = async (model: SimulatedModel, deeds: readonly Deed[]): Promise<World> => {
  const world = new World(padRig({ model }));
  await world.rig.online();
  for (const one of deeds) await one.run(world);
  return world;
};

const outcomeOf = async (world: World, command: Command): Promise<Outcome> => {
  world.submit(command);
  const { outcomes } = world.submitted.at(-1)!;
  await world.rig.clock.until(() => outcomes.length > 0, DEADLINES[command.key]);
  return outcomes[0]!;
};

const heal = ({ rig }: World): void => {
  rig.faults({});
  rig.radio.setPower("on");
  rig.radio.outOfRange(ADDRESS, false);
  rig.radio.hangWrites(ADDRESS, false);
};

const verify = (world: World): void => {
  expect(world.wrongs).toEqual([]);
  expect(world.strayFrames()).toEqual([]);
};

describe("whatever happens", () => {
  it("nothing is set in motion under a stop, every command has one result in time, and a stop on a live link stops", async () => {
    await fc.assert(
      fc.asyncProperty(models, day, async (model, deeds) => {
        const world = await live(model, deeds);
        heal(world);
        const { rig } = world;
        world.submit(link("ON"));
        // A link that was being let go is let go first.
        await rig.clock.advance(5_000);
        await rig.clock.until(() => rig.pad.view().available, 60_000);
        // One that shares its outcome with an older stop may run out of time; the next has all of its own.
        if ((await outcomeOf(world, STOP)).status === "error")
          expect(await outcomeOf(world, STOP)).toEqual({ status: "ok" });
        expect(rig.speed()).toBe(0);
        const problem = model === "tm11gy" ? "imperial-units" : null;
        expect(rig.state()).toMatchObject({ stopConfirmed: true, problem });
        await rig.clock.advance(60_000);
        expect(rig.speed()).toBe(0);
        expect(world.unsettled()).toEqual([]);
        verify(world);
        expect(await rig.close()).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  it("the end of the program stops the belt or says that it did not, and leaves nothing behind", async () => {
    await fc.assert(
      fc.asyncProperty(models, day, fc.boolean(), fc.boolean(), async (model, deeds, healed, hurried) => {
        const world = await live(model, deeds);
        const { rig } = world;
        if (healed) heal(world);
        const [over, hurry] = [new AbortController(), new AbortController()];
        rig.pad.quiesce();
        const since = rig.clock.now();
        rig.clock.after(23_000, () => over.abort());
        if (hurried) rig.clock.after(2_000, () => hurry.abort());
        await rig.clock.settled(rig.pad.stopForExit(over.signal, hurry.signal), 24_000);
        const verdict = rig.pad.verdict();
        if (verdict === "rest") expect(world.lastSeenAt).toBeLessThan(LEAST);
        await rig.clock.settled(rig.pad.close(), 8_000);
        expect(world.unsettled()).toEqual([]);
        verify(world);
        expect(rig.handed.filter(({ at, op }) => at > since && isMotion(op))).toEqual([]);
        await rig.clock.settled(rig.radio[Symbol.asyncDispose]());
        await rig.clock.advance(25_000);
        expect(rig.clock.pending).toBe(0);
      }),
      { numRuns: 100 },
    );
  });
});
