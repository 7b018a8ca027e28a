import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { type Command, isStop, type Outcome } from "../../src/domain/command.js";
import { SIMULATED_MODELS, type SimulatedModel } from "../../src/domain/faults.js";
import { speedFromKmh } from "../../src/domain/units.js";
import { control, safetyKey } from "../../src/sim/pad.js";
import {
  ADDRESS,
  isMotion,
  isSilent,
  isText,
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

// A hundred days take some 15 s, and much longer beside the rest of the suite.
vi.setConfig({ testTimeout: 120_000 });

/** Something that happens to a pad: a command, a hand on the remote, a fault, or time. */
type Deed = { readonly what: string; readonly run: (world: World) => Promise<void> | void };

const deed = (what: string, run: Deed["run"]): Deed => ({ what, run });
const say = (deeds: fc.Arbitrary<Deed>): fc.Arbitrary<Deed> =>
  deeds.map((one) => Object.assign(one, { [fc.toStringMethod]: () => one.what }));

const RUNS = 120;
/** Milliseconds, for a machine with better things to do: nothing here waits for the time. */
const LONG = 300_000;

/** The longest any of them may take: a stop from 10 km/h, a mode after it; a speed from rest to 10 km/h. */
const DEADLINES: Readonly<Record<Command["key"], number>> = {
  belt: 31_000,
  command: 31_000,
  speed: 50_000,
  mode: 36_000,
  // 15 % at 0.2 % a second, and a start before it.
  incline: 100_000,
  link: 20_000,
};
const MARGIN = 1_500;
/** km/h: what a status rounds to 0 (wire-facts a.7). */
const LEAST = 0.05;

/** Safety rules 2 and 4. */
const START_WITHIN = 5_000;
const TOGGLE_AGAIN = 3_000;
/** A text pad that refuses a start gets it twice more (docs/supported-pads.md). */
const START_TRIES = 3;
/** From the start to the first movement, of the slowest simulated machine and with some air. */
const SPIN_UP = 5_500;

interface Submitted {
  readonly command: Command;
  /** When, without the time that the machine slept. */
  readonly at: number;
  /** When it came in, on the clock. */
  readonly arrived: number;
  readonly outcomes: Outcome[];
}

/** The words of a belt at rest. */
const RESTS: readonly string[] = ["idle", "standby", "paused"];

interface Status {
  readonly at: number;
  readonly belt: string;
  /** The true one, km/h. */
  readonly speed: number;
}

/** What may set a belt at rest in motion. */
const mayStart = ({ key, value }: Command): boolean =>
  value === "ON" || ["start", "resume", "toggle"].includes(String(value)) || (key === "speed" && value !== 0);

/** A pad, everything that was asked of it, and what was seen to go wrong. */
class World {
  readonly rig: Rig;
  readonly submitted: Submitted[] = [];
  readonly wrongs: string[] = [];
  /** Counted in frames handed over: since when a stop is neither confirmed nor dropped, and the older ones. */
  #stopping: number | null = null;
  readonly #stops: { readonly from: number; readonly until: number }[] = [];
  /** The last stop was dropped (rule 2): it is unconfirmed until the belt rests, and asks for nothing. */
  #dropped = false;
  pressedAt = -Infinity;
  /** What the pad says is true: not of one whose data never shows what its belt does. */
  isHonest: boolean;
  readonly #statuses: Status[] = [];
  #slept = 0;

  constructor(rig: Rig, isHonest: boolean) {
    this.rig = rig;
    this.isHonest = isHonest;
    rig.pad.subscribe({ changed: () => this.#look(), happened: () => undefined });
  }

  submit(command: Command, age = 0): void {
    const { rig } = this;
    const now = rig.clock.now();
    const entry: Submitted = { command, at: now - this.#slept, arrived: now - age, outcomes: [] };
    this.submitted.push(entry);
    if (isStop(command)) this.#dropped = false;
    const respond = (outcome: Outcome): void => {
      entry.outcomes.push(outcome);
      const took = rig.clock.now() - this.#slept - entry.at;
      if (took > DEADLINES[command.key] + MARGIN) this.wrongs.push(`${command.key} took ${took} ms`);
      if (isStop(command) && outcome.status === "ok" && rig.speed() >= LEAST && !isSilent(rig.model))
        this.wrongs.push("a stop was ok too early");
    };
    rig.pad.submit([{ command, respond }], entry.arrived, null);
    this.#look();
  }

  press(key: "start-stop" | "+" | "-"): void {
    this.pressedAt = this.rig.clock.now();
    this.rig.press(key);
  }

  /** From now on what the pad says may be 0.4 s old: nobody can tell, and what was seen need not be so. */
  lie(): void {
    this.isHonest = false;
    this.rig.air.echo = 400;
  }

  /** A stop that no person asks for. */
  stopFor(run: () => void): void {
    this.#dropped = false;
    run();
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
    const { state, counters } = rig.pad.view();
    if (counters.statuses > this.#statuses.length)
      this.#statuses.push({ at: rig.clock.now(), belt: state.belt, speed: rig.speed() });
    if (rig.warnings.some((line) => line.startsWith("stopping the belt"))) this.#dropped = false;
    if (rig.warnings.some((line) => line.startsWith("a stop was dropped"))) this.#dropped = true;
    rig.warnings.length = 0;
    const over = state.stopConfirmed || this.#dropped;
    if (this.#stopping === null) this.#stopping = over ? null : rig.handed.length;
    else if (over) {
      if (state.stopConfirmed && rig.speed() >= LEAST && !isSilent(rig.model))
        this.wrongs.push(`confirmed at ${rig.speed()} km/h`);
      this.#stops.push({ from: this.#stopping, until: rig.handed.length });
      this.#stopping = null;
    }
    if (state.stopConfirmed) this.#dropped = false;
  }

  /** Frames that were handed to a link though they must not be. */
  strayFrames(): string[] {
    const stops =
      this.#stopping === null ? this.#stops : [...this.#stops, { from: this.#stopping, until: Infinity }];
    return this.rig.handed.flatMap(({ at, op }, index) => {
      if (!isMotion(op) && op !== "incline") return [];
      const underStop = stops.some(({ from, until }) => from <= index && index < until);
      const wrong = underStop
        ? "under a stop"
        : op === "start"
          ? this.#strayStart(at, index)
          : this.#straySpeed(at, op === "incline");
      return wrong === null ? [] : [`${op} at ${at}: ${wrong}`];
    });
  }

  /** What the pad has shown within 2 s before a frame; of the same millisecond, nobody knows which came first. */
  #shown(at: number): readonly Status[] {
    const until = [at, at - 1].map((time) => this.#statuses.findLast((status) => status.at <= time));
    return until.filter((status) => status !== undefined).filter((status) => at - status.at <= 2_000);
  }

  /** An incline is for a belt at rest as well. */
  #straySpeed(at: number, incline: boolean): string | null {
    const shown = this.#shown(at).map(({ belt }) => belt);
    const allowed = incline ? ["running", ...RESTS] : ["running"];
    return shown.some((belt) => allowed.includes(belt)) ? null : `the belt is ${shown.join(" or ")}`;
  }

  #strayStart(at: number, index: number): string | null {
    const shown = this.#shown(at);
    const rest = shown.find(({ belt }) => RESTS.includes(belt));
    if (!rest) return `the belt is ${shown.map(({ belt }) => belt).join(" or ")}`;
    const asked = this.submitted.some(
      ({ command, arrived }) => mayStart(command) && arrived <= at && at - arrived <= START_WITHIN,
    );
    if (!asked) return "nobody has asked for it in time";
    const before = this.rig.handed.slice(0, index).findLast(({ op }) => op === "start");
    // The start of a text pad is no toggle, and one that it has refused may be written again at once.
    if (!before || isText(this.rig.model)) return null;
    const between = this.#statuses.filter((status) => status.at > before.at && status.at <= at);
    const seen = between.some(({ belt }) => belt === "starting" || belt === "running" || belt === "stopping");
    // One of the same millisecond came after the frame, or before it.
    const basis = this.#statuses.findLast((status) => status.at < before.at);
    const newer = rest.at - (basis?.at ?? 0) >= TOGGLE_AGAIN;
    return seen || newer ? null : "the last one may still take effect";
  }

  /** The belt was seen since somebody last pressed a button; only WiLink shows a countdown, elsewhere it takes a while. */
  get isSeenSincePress(): boolean {
    // What arrives within a moment of the press was said before it.
    const shownAfter = this.rig.state().protocol === "wilink" ? 100 : SPIN_UP;
    return (this.#statuses.at(-1)?.at ?? -Infinity) > this.pressedAt + shownAfter;
  }

  /** The true speed when the pad was last heard. */
  get lastSeenAt(): number | undefined {
    return this.#statuses.at(-1)?.speed;
  }

  /** A text pad that has refused three starts on its link counts as in standby until it accepts one, or moves. */
  get hasRefusedStarts(): boolean {
    const { handed, model, tap } = this.rig;
    if (!isText(model)) return false;
    const moved = this.#statuses.findLast(({ belt }) => belt === "running" || belt === "stopping")?.at ?? -1;
    const since = Math.max(tap.subscribed.at(-1)?.at ?? 0, moved);
    return handed.filter(({ at, op }) => op === "start" && at >= since).length >= START_TRIES;
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
    fc.constantFrom<Command>(link("ON"), link("OFF"), { key: "incline", value: 3 }),
  )
  .map((command) => deed(`${command.key} ${command.value}`, (world) => world.submit(command)));

const remote = fc
  .constantFrom("start-stop", "+", "-")
  .map((key) => deed(`remote ${key}`, (world) => world.press(key)));

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
  deed("broker lost", (world) => world.stopFor(() => void world.rig.pad.stopFor("broker_lost"))),
  deed("wall clock an hour on", ({ rig }) => rig.clock.jumpWall(3_600_000)),
  deed("wall clock an hour back", ({ rig }) => rig.clock.jumpWall(-3_600_000)),
);

const air = fc.constantFrom(
  deed("notifications come twice", ({ rig }) => void (rig.air.doubled = true)),
  deed("notifications come again, stale", (world) => world.lie()),
  deed("every third write is lost", ({ rig }) => void (rig.air.losesOneIn = 3)),
  deed("the control point does not answer", ({ rig }) => void (rig.air.unanswered = true)),
  deed("two writes are refused", ({ rig }) => void (rig.air.refuses = 2)),
  deed("clean air", ({ rig }) => cleanAir(rig)),
);

const cleanAir = ({ air }: Rig): void => {
  Object.assign(air, { doubled: false, echo: null, losesOneIn: null, unanswered: false, refuses: 0 });
};

/** What FTMS machines do besides; WiLink has a safety key alone. */
const moods = fc.constantFrom(
  deed("control lost", ({ rig }) => rig.radio.act(ADDRESS, (pad) => control(pad, "lost"))),
  deed("control refused", ({ rig }) => rig.radio.act(ADDRESS, (pad) => control(pad, "refused"))),
  deed("control allowed", ({ rig }) => rig.radio.act(ADDRESS, (pad) => control(pad, "allowed"))),
  deed("key pulled", ({ rig }) => rig.radio.act(ADDRESS, (pad) => safetyKey(pad, false))),
  deed("key in place", ({ rig }) => rig.radio.act(ADDRESS, (pad) => safetyKey(pad, true))),
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
      { weight: 1, arbitrary: air },
      { weight: 1, arbitrary: moods },
    ),
  ),
  { minLength: 5, maxLength: 40 },
);

/** What happens while the program ends, and how many ms after the signal. */
const meanwhile = fc.array(
  fc.tuple(
    fc.integer({ min: 0, max: 16_000 }),
    say(fc.oneof({ weight: 3, arbitrary: commands }, { weight: 2, arbitrary: remote }, faults, radio, air)),
  ),
  { maxLength: 3 },
);

const models = fc.constantFrom(...SIMULATED_MODELS);

const live = async (model: SimulatedModel, deeds: readonly Deed[]): Promise<World> => {
  const world = new World(padRig({ model }), !isSilent(model));
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
  cleanAir(rig);
  rig.radio.act(ADDRESS, (pad) => safetyKey(control(pad, "allowed"), true));
};

const isUnsettled = (problem: string | null): boolean =>
  problem === "unknown-variant" || problem === "stop-unconfirmed";

const verify = (world: World): void => {
  expect(world.wrongs).toEqual([]);
  expect(world.strayFrames()).toEqual([]);
};

describe("whatever happens", () => {
  it(
    "nothing is set in motion under a stop, every command has one result in time, and a stop on a live link stops",
    { timeout: LONG },
    async () => {
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
          if ((await outcomeOf(world, STOP)).status === "error") {
            // Damaged lines made a text pad's table doubtful: once valid ones have proven it, the stop is written.
            if (isText(model)) await rig.clock.until(() => !isUnsettled(rig.state().problem), 60_000);
            const outcome = await outcomeOf(world, STOP);
            if (!isSilent(model)) expect(outcome).toEqual({ status: "ok" });
          }
          // Where the data shows nothing, rest may be taken for proved while the belt still slows down.
          if (isSilent(model)) await rig.clock.advance(15_000);
          expect(rig.speed()).toBe(0);
          const isKnown =
            rig.state().problem !== "no-telemetry" && rig.state().problem !== "stop-unconfirmed";
          expect(rig.state().stopConfirmed).toBe(isKnown || !isSilent(model));
          await rig.clock.advance(60_000);
          // A key that was pulled is known to be back when the belt starts again; for control it is asked every 30 s.
          const standby = world.hasRefusedStarts ? ["panel-standby"] : [];
          const passing = [null, "imperial-units", "safety-key", ...standby];
          // Nor is an URTM028 that once showed nothing of a start ever known to rest.
          const lasting = isSilent(model) ? ["no-telemetry", "stop-unconfirmed"] : [];
          expect([...passing, ...lasting]).toContain(rig.state().problem);
          expect(rig.speed()).toBe(0);
          expect(world.unsettled()).toEqual([]);
          verify(world);
          expect(await rig.close()).toBe(0);
        }),
        { numRuns: RUNS },
      );
    },
  );

  it(
    "the end of the program stops the belt or reports that it did not, and leaves nothing behind",
    { timeout: LONG },
    async () => {
      await fc.assert(
        fc.asyncProperty(
          models,
          day,
          meanwhile,
          fc.boolean(),
          fc.boolean(),
          async (model, deeds, late, healed, hurried) => {
            const world = await live(model, deeds);
            const { rig } = world;
            if (healed) heal(world);
            for (const [ms, one] of late) rig.clock.after(ms, () => void one.run(world));
            const [over, hurry] = [new AbortController(), new AbortController()];
            rig.pad.shutdown.begin();
            const since = rig.clock.now();
            rig.clock.after(23_000, () => over.abort());
            if (hurried) rig.clock.after(2_000, () => hurry.abort());
            await rig.clock.settled(rig.pad.shutdown.stop(over.signal, hurry.signal), 24_000);
            const verdict = rig.pad.shutdown.verdict();
            const atRest = verdict === "rest" && world.isHonest && world.isSeenSincePress;
            if (verdict === "rest" && world.isHonest) expect(world.lastSeenAt).toBeLessThan(LEAST);
            if (atRest) expect(rig.speed()).toBeLessThan(LEAST);
            const until = rig.clock.now();
            await rig.clock.settled(rig.pad.close(), 8_000);
            expect(world.unsettled()).toEqual([]);
            verify(world);
            expect(rig.handed.filter(({ at, op }) => at > since && isMotion(op))).toEqual([]);
            await rig.clock.settled(rig.radio[Symbol.asyncDispose]());
            await rig.clock.advance(25_000);
            // Nothing that was written before may still set it in motion.
            if (atRest && world.pressedAt < until) expect(rig.speed()).toBeLessThan(LEAST);
            expect(rig.clock.pending).toBe(0);
          },
        ),
        { numRuns: RUNS },
      );
    },
  );
});
