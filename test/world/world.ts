import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import type BetterSqlite3 from "better-sqlite3";
import { storeHere } from "../support/store-here.js";
import { App } from "../../src/app/app.js";
import { loadConfig } from "../../src/config/load.js";
import type { Config } from "../../src/config/config.js";
import { NO_FAULTS } from "../../src/domain/faults.js";
import type { Logger } from "../../src/log/log.js";
import type { OutMessage } from "../../src/mqtt/client/broker.js";
import { BrokerClient } from "../../src/mqtt/client/broker-client.js";
import { Ending, EXIT, shutDown } from "../../src/process/lifecycle.js";
import { control, remote, safetyKey, walker } from "../../src/sim/pad.js";
import { simulatedRadio, type SimulatedRadio } from "../../src/sim/radio.js";
import { operationOf } from "../support/pad-rig.js";
import { type Air, airOver, clearAir } from "./air.js";
import { WorldBroker } from "./broker.js";
import { ProcessClock, WorldClock } from "./clock.js";
import type { Day, Deed } from "./day.js";
import { kindOf, PadOracle } from "./oracle.js";
import { Dice } from "./random.js";
import { localDays } from "../support/local-days.js";

/**
 * A file that is written beside the old one may be gone, or in its place, before it is copied: then all is copied anew.
 * Read and written, not `cpSync`: libuv's copy of a file that is cut short meanwhile, as the heartbeat is when it is
 * written, never ends (`copy_file_range` gives 0 for ever; seen with Node 20.20: a night stood still for 40 minutes).
 */
const copyWhileWritten = (from: string, to: string): void => {
  for (let tries = 0; ; tries += 1)
    try {
      mkdirSync(to, { recursive: true });
      for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
        const path = relative(from, join(entry.parentPath, entry.name));
        if (entry.isDirectory()) mkdirSync(join(to, path), { recursive: true });
        else writeFileSync(join(to, path), readFileSync(join(from, path)));
      }
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" || tries === 9) throw error;
      rmSync(to, { recursive: true, force: true });
    }
};

const IDS = ["one", "two"] as const;
const ADDRESSES = ["57:4c:4e:00:11:01", "57:4c:4e:00:11:02"] as const;
const BASE = "b";
const MEMORY = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

// One formatter for all calls: half of a night's time goes into making them.
const formatters = new Map<string, Intl.DateTimeFormat>();
const { DateTimeFormat } = Intl;
Intl.DateTimeFormat = new Proxy(DateTimeFormat, {
  construct(target, args) {
    const key = JSON.stringify(args);
    const made = formatters.get(key) ?? (Reflect.construct(target, args) as Intl.DateTimeFormat);
    formatters.set(key, made);
    return made;
  },
});

const loaded = loadConfig({ file: null, explicit: false, env: {} });
if (!loaded.ok) throw new Error(JSON.stringify(loaded.errors));
const usual: Config = loaded.config;

export interface Outcome {
  readonly violations: readonly string[];
  /** What happened, where it was asked for. */
  readonly timeline: readonly string[];
  /** From a stop's command to the frame that was obeyed. */
  readonly reactions: readonly { readonly took: number; readonly gap: number }[];
  readonly exits: readonly number[];
}

/** One run of the program. */
interface Life {
  readonly clock: ProcessClock;
  readonly app: App;
  readonly ending: Ending;
  readonly killed: AbortController;
  readonly store: string;
  readonly databases: BetterSqlite3.Database[];
}

/** Runs a day to its end; what it does is a function of the day alone. */
export const runDay = async (day: Day, { trace = false } = {}): Promise<Outcome> => {
  const world = new World(day, trace);
  const uncaught = (error: unknown): void => world.fail(error);
  process.on("uncaughtException", uncaught);
  process.on("unhandledRejection", uncaught);
  try {
    return await world.run();
  } finally {
    process.off("uncaughtException", uncaught);
    process.off("unhandledRejection", uncaught);
  }
};

/** What a link, a pad or the process suffers from. */
type Trouble = "stall" | "loss" | "range" | "hang" | "fault" | "key" | "radio";

class World {
  readonly #day: Day;
  readonly #clock = new WorldClock();
  readonly #dice: Dice;
  readonly #radio: SimulatedRadio;
  readonly #broker: WorldBroker;
  readonly #pads: readonly PadOracle[];
  readonly #airs: Air[];
  readonly #root = mkdtempSync(join(MEMORY, "world-"));
  readonly #trace: boolean;
  readonly #timeline: string[] = [];
  readonly #violations: string[] = [];
  readonly #exits: number[] = [];
  readonly #firsts = new Set<string>();
  #life: Life | null = null;
  #lives = 0;
  #crashed = false;
  /** What was not at rest when the last run ended. */
  #letGo = new Set<PadOracle>();
  /** The broker was there from when the end began: every command gets its result. */
  #answers = false;
  /** Its budget: a stall that outlasts it leaves no time to send a result. */
  #endBy = Infinity;
  #store: string | null = null;
  #seq = 0;
  #messages = 0;
  #ending: Promise<void> | null = null;
  #mishaps: { readonly from: number; until: number; readonly pad: number | null; readonly what: Trouble }[] =
    [];

  constructor(day: Day, trace: boolean) {
    this.#day = day;
    this.#trace = trace;
    this.#dice = new Dice(day.seed ^ 0x5eed);
    this.#radio = simulatedRadio(
      day.pads.map(({ model, options }, i) => ({
        address: ADDRESSES[i]!,
        name: null,
        model,
        faults: NO_FAULTS,
        options: { seed: day.seed + i, ...options },
      })),
      {
        clock: this.#clock,
        observe: ({ address, characteristic, bytes }, before, after) => {
          const pad = this.#padAt(address);
          const op = operationOf(before, characteristic, bytes);
          if (op === null) return;
          if (op !== "poll") this.#say(pad, `  → ${op} reached: ${beltOf(before)} → ${beltOf(after)}`);
          this.#pads[pad]!.reached(op, before, after, after.machine.unit);
        },
      },
    );
    this.#airs = day.pads.map(({ air }) => ({ ...clearAir, ...air }));
    this.#broker = new WorldBroker(this.#clock, (message) => this.#published(message));
    this.#pads = day.pads.map(
      (setup, i) =>
        new PadOracle(IDS[i]!, setup, this.#radio.pad(ADDRESSES[i]!), {
          now: () => this.#clock.now(),
          violation: (text) => this.#violation(text),
          safety: day.safety,
          brokerUp: () => this.#broker.reaches,
        }),
    );
    this.#judgeAir();
  }

  fail(error: unknown): void {
    this.#violation(
      `an error that nobody handled: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    this.#life?.ending.fail(error);
  }

  async run(): Promise<Outcome> {
    try {
      await this.#live();
    } finally {
      if (this.#life) this.#bury(this.#life);
      // What a dead process still writes may come as its folder goes.
      await rm(this.#root, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
    }
    return {
      violations: this.#violations,
      timeline: this.#timeline,
      reactions: this.#pads.flatMap(({ stats }) => stats),
      exits: this.#exits,
    };
  }

  async #live(): Promise<void> {
    this.#clock.every(100, () => this.#look());
    await this.#begin();
    for (const deed of this.#day.deeds) {
      await this.#until(deed.at);
      await this.#do(deed);
    }
    await this.#until(this.#day.lasts);
    await this.#close();
  }

  /** A call, since what is true before a wait need not be so after it. */
  #isUp(): boolean {
    return this.#life !== null;
  }

  async #until(at: number): Promise<void> {
    const now = this.#clock.now();
    if (at > now) await this.#clock.advance(at - now);
  }

  /** The end of the day: in the middle of everything, or once all is well again. */
  async #close(): Promise<void> {
    await this.#waitForEnding();
    if (!this.#life) {
      await this.#clock.advance(1000);
      if (!this.#isUp()) await this.#begin();
      await this.#clock.advance(3000);
    }
    if (this.#day.heals) await this.#heal();
    if (this.#life) this.#signal(0);
    await this.#waitForEnding();
    await this.#clock.advance(20_000);
  }

  async #heal(): Promise<void> {
    this.#note("all is well again");
    this.#radio.setPower("on");
    this.#broker.turn(true);
    for (const pad of this.#pads) pad.brokerTurned(true);
    this.#mishaps = [];
    for (const i of this.#pads.keys()) {
      const address = ADDRESSES[i]!;
      this.#airs[i] = { ...clearAir };
      this.#radio.setFaults(address, NO_FAULTS);
      this.#radio.outOfRange(address, false);
      this.#radio.hangWrites(address, false);
      this.#radio.act(address, (pad) => safetyKey(control(pad, "allowed"), true));
      this.#send({ at: 0, do: "send", pad: i, payload: { link: "ON" } });
    }
    this.#judgeAir();
    await this.#untilWell(6);
    if (this.#life) await this.#stopAll();
  }

  /** At least so many seconds, until the broker and the pads are reached, and the pads' variants known. */
  async #untilWell(least: number): Promise<void> {
    const well = (): boolean =>
      this.#broker.reaches &&
      this.#pads.every(
        ({ available, isVariantUnknown, steers }) => available && !(isVariantUnknown && steers),
      );
    for (let i = 0; i < 90 && !(i >= least && well()); i += 1) await this.#clock.advance(1_000);
  }

  /** A stop of a pad that is well ends at rest, and says so; one that shares an older one's time may need a second. */
  async #stopAll(): Promise<void> {
    for (const [i, oracle] of this.#pads.entries()) {
      const { silentData = false, deafSpinUp = false, ramp = 1 } = this.#day.pads[i]!.options;
      // One that obeys nobody in its spin-up and shows no movement cannot be stopped there, nor be seen to move.
      if (!oracle.steers || (silentData && deafSpinUp)) continue;
      let outcome = await this.#stopOnce(i);
      if (outcome !== "ok") {
        // It may have told for the first time that the pad's variant is unknown at present.
        await this.#untilWell(0);
        outcome = await this.#stopOnce(i);
      }
      if (!this.#life || outcome === null) return;
      // The deadline is made for belts that slow by 0.4 km/h a second.
      if (outcome !== "ok" && !silentData && ramp > 0.4 && !oracle.hasNoTelemetry)
        this.#violation(`${oracle.name}: all is well again, and a stop ends as ${outcome}`);
      const { speed, phase } = this.#radio.pad(ADDRESSES[i]!).machine.belt;
      // Data that always says 0 has it seen at rest while it slows down, unless it is known to have moved: `#lie`.
      const mustRest = silentData ? phase !== "stopping" : outcome === "ok" || ramp > 0.4;
      if (speed > 0.05 && mustRest)
        this.#violation(`${oracle.name}: all is well again, and the belt runs at ${speed.toFixed(2)}`);
    }
  }

  /** The stop's result; null: it could not be sent. */
  async #stopOnce(pad: number): Promise<string | null> {
    const id = this.#send({ at: 0, do: "send", pad, payload: { command: "stop" } });
    if (id === null) return null;
    const result = (): string | undefined => this.#pads[pad]!.asks.find((ask) => ask.id === id)?.results[0];
    for (let left = 65; left > 0 && this.#life && !result(); left -= 1) await this.#clock.advance(1_000);
    return result() ?? "nothing";
  }

  // The program.

  async #begin(): Promise<void> {
    this.#lives += 1;
    const store = join(this.#root, String(this.#lives));
    if (this.#store) copyWhileWritten(this.#store, store);
    else mkdirSync(store);
    rmSync(join(store, "lock"), { force: true });
    this.#store = store;
    const clock = new ProcessClock(this.#clock);
    const killed = new AbortController();
    const databases: BetterSqlite3.Database[] = [];
    const ending = new Ending(clock);
    const log = this.#logger();
    const app = new App(this.#config(store), {
      clock,
      log,
      version: "0",
      platform: process.platform,
      restart: () => ending.ask("restart"),
      realRadio: () => Promise.resolve(this.#air(clock, killed.signal)),
      connectBroker: (options, deps) => {
        const { clientId } = options;
        const client = new BrokerClient(
          { clientId, protocolVersion: "5", shown: "the broker" },
          { ...deps, random: () => this.#dice.share() },
          this.#broker.opening(clock, deps.screen ?? (() => "handle"), deps.arrived),
        );
        client.start();
        return client;
      },
      openStore: (path) => storeHere(path, clock),
      memoryUsage: () => ({ rss: 0, heapUsed: 0 }),
      random: () => this.#dice.share(),
      localDay: localDays("UTC"),
    });
    const life = { clock, app, ending, killed, store, databases };
    this.#life = life;
    this.#firsts.clear();
    this.#note(`the bridge begins${this.#crashed ? " after a crash" : ""}`);
    for (const pad of this.#pads) pad.begun(this.#crashed, this.#letGo.has(pad));
    this.#crashed = false;
    void ending.first.then((end) => {
      this.#answers = this.#broker.reaches;
      this.#endBy = this.#clock.now() + this.#day.safety.shutdown_timeout * 1000;
      for (const pad of this.#pads) pad.exiting();
      const budgetMs = this.#day.safety.shutdown_timeout * 1000 - 200;
      return shutDown(app, end, ending, { budgetMs, clock, log }).then((code) => this.#exited(life, code));
    });
    await this.#clock.hold(app.start());
  }

  #config(store: string): Config {
    const { pads, safety } = this.#day;
    return {
      ...usual,
      mqtt: { ...usual.mqtt, base_topic: BASE },
      homeassistant: { ...usual.homeassistant, enabled: false },
      pads: pads.map(({ maxSpeed, startSpeed }, i) => ({
        id: IDS[i]!,
        name: IDS[i]!,
        enabled: true,
        address: ADDRESSES[i]!,
        advertised_name: null,
        protocol: "auto",
        max_speed: maxSpeed,
        min_speed: null,
        start_speed: startSpeed,
        presets: null,
      })),
      safety,
      store: { path: store, retention_days: null },
    };
  }

  #air(clock: ProcessClock, killed: AbortSignal): ReturnType<typeof airOver> {
    return airOver(this.#radio, {
      world: this.#clock,
      process: clock,
      dice: this.#dice,
      airOf: (address) => this.#airs[this.#padAt(address)]!,
      padOf: (address) => this.#radio.pad(address),
      killed,
      observer: {
        handed: (address, op) => {
          const pad = this.#padAt(address);
          if (op !== "poll") this.#say(pad, `→ ${op}`);
          // Up to this moment: a belt that has begun to move since the last look is in no countdown.
          this.#pads[pad]!.sample(this.#radio.pad(address));
          this.#pads[pad]!.handed(op, ++this.#seq);
        },
        line: (address, line) => this.#pads[this.#padAt(address)]!.lineHanded(line, this.#radio.pad(address)),
        linked: (address, link) => {
          const pad = this.#padAt(address);
          this.#say(pad, "the link is up");
          this.#pads[pad]!.linked(link);
        },
        released: (address, link) => {
          const pad = this.#padAt(address);
          this.#say(pad, "the bridge lets go of the link");
          this.#pads[pad]!.released(link);
        },
        lost: (address) => {
          const pad = this.#padAt(address);
          this.#say(pad, "the link is lost");
          this.#pads[pad]!.unlinked();
        },
        heard: (address, generated) => this.#pads[this.#padAt(address)]!.heard(generated),
      },
    });
  }

  #exited(life: Life, code: number): void {
    if (this.#life !== life || life.clock.dead) return;
    this.#note(`exit ${code}`);
    this.#exits.push(code);
    // Out of time it may not have closed them: a program that has ended holds no link.
    for (const address of ADDRESSES.slice(0, this.#pads.length)) this.#radio.disconnect(address);
    this.#look();
    // A pad that was not seen at rest leaves the same mark, wherever its belt is (rule 9).
    this.#letGo = new Set(
      this.#pads.filter((pad) => pad.truth.at(-1)?.phase !== "rest" || !pad.stopConfirmed),
    );
    for (const pad of this.#pads) {
      const unsafe = code === EXIT.ok ? pad.unsafe() : null;
      if (unsafe) this.#violation(`${pad.name}: exit 0, but the belt is ${unsafe}`);
      if (this.#answers && this.#broker.up && this.#clock.now() <= this.#endBy)
        for (const ask of pad.unanswered(0))
          this.#violation(`${pad.name}: ${ask.id} (${ask.key} ${ask.value}) has no result at the end`);
      pad.gone();
    }
    if (code === EXIT.internal) this.#violation("exit 70");
    this.#life = null;
    life.clock.kill();
    life.killed.abort();
  }

  #kill(): void {
    const life = this.#life;
    if (!life) return;
    this.#note("kill -9");
    life.clock.kill();
    life.killed.abort();
    for (const address of ADDRESSES.slice(0, this.#pads.length)) this.#radio.disconnect(address);
    this.#broker.flap();
    for (const pad of this.#pads) pad.gone();
    // What the dead one still writes on its way down goes to a folder that nobody reads any more.
    const left = join(this.#root, `${this.#lives}-left`);
    copyWhileWritten(life.store, left);
    this.#store = left;
    this.#bury(life);
    this.#life = null;
    this.#crashed = true;
  }

  /** Gives back what a process has of the system: its lock and its files. */
  #bury(life: Life): void {
    life.clock.kill();
    life.killed.abort();
    void life.app.offline(0).catch(() => undefined);
  }

  #signal(down: number, again?: number): void {
    const life = this.#life;
    if (!life) return;
    this.#note("SIGTERM");
    life.clock.input(() => life.ending.signal("SIGTERM"));
    if (again !== undefined)
      this.#clock.after(again, () => {
        if (this.#life === life) this.#note("SIGTERM again");
        life.clock.input(() => life.ending.signal("SIGTERM"));
      });
    this.#endingWith(life, down);
  }

  #endingWith(life: Life, down: number): void {
    const since = this.#clock.now();
    const budget = this.#day.safety.shutdown_timeout * 1000;
    const ended = new Promise<void>((resolve) => {
      const cancel = this.#clock.every(50, () => {
        const late = this.#clock.now() - since > budget + 1_000 + this.#stalledSince(since);
        if (this.#life === life && !late) return;
        cancel();
        if (this.#life === life) {
          this.#violation(`the end takes longer than its ${budget} ms`);
          this.#kill();
        }
        resolve();
      });
    });
    const again = async (): Promise<void> => {
      await ended;
      if (down > 0) await new Promise<void>((resolve) => this.#clock.after(down, resolve));
      if (down > 0 && !this.#isUp()) await this.#begin();
      this.#ending = null;
    };
    this.#ending = again();
  }

  readonly #stalls: { readonly from: number; readonly ms: number }[] = [];
  #stalledSince(since: number): number {
    return this.#stalls.filter(({ from, ms }) => from + ms >= since).reduce((sum, { ms }) => sum + ms, 0);
  }

  async #waitForEnding(): Promise<void> {
    for (let i = 0; this.#ending && i < 2000; i += 1) await this.#clock.advance(100);
  }

  // What happens.

  async #do(deed: Deed): Promise<void> {
    switch (deed.do) {
      case "send":
        this.#send(deed);
        return;
      case "press": {
        this.#press(deed.pad, deed.key);
        return;
      }
      case "stall": {
        if (!this.#life) return;
        this.#note(`the process stalls for ${deed.ms} ms`);
        this.#stalls.push({ from: this.#clock.now(), ms: deed.ms });
        this.#mishap(null, deed.ms + 1500, "stall");
        for (const pad of this.#pads) pad.stalled(this.#clock.now() + deed.ms);
        this.#life.clock.stall(deed.ms);
        return;
      }
      case "kill": {
        if (!this.#life) return;
        this.#kill();
        await this.#clock.advance(deed.down);
        if (!this.#isUp()) await this.#begin();
        return;
      }
      case "signal":
        if (this.#ending) return;
        {
          this.#signal(deed.down, deed.again);
          return;
        }
      case "restart": {
        const life = this.#life;
        if (!life || this.#ending || !this.#broker.reaches) return;
        this.#note("bridge/request/restart");
        this.#broker.publish(`${BASE}/bridge/request/restart`, "{}", {
          stored: false,
          dup: false,
          // One that was on its way when the connection broke is lost, and ends nothing.
          read: () => this.#endingWith(life, deed.down),
        });
        return;
      }
      case "unlink":
        this.#say(deed.pad, "the link breaks");
        this.#mishap(deed.pad, 1000, "loss");
        {
          this.#radio.disconnect(ADDRESSES[deed.pad]!);
          return;
        }
      case "range":
        this.#say(deed.pad, deed.out ? "out of range" : "in range");
        this.#mishap(deed.pad, deed.out ? Infinity : 1000, "range");
        {
          this.#radio.outOfRange(ADDRESSES[deed.pad]!, deed.out);
          return;
        }
      case "hang":
        this.#say(deed.pad, deed.on ? "nothing gets through" : "everything gets through");
        this.#mishap(deed.pad, deed.on ? Infinity : 1000, "hang");
        {
          this.#radio.hangWrites(ADDRESSES[deed.pad]!, deed.on);
          return;
        }
      case "faults":
        this.#say(deed.pad, `faults ${JSON.stringify(deed.faults)}`);
        this.#radio.setFaults(ADDRESSES[deed.pad]!, { ...NO_FAULTS, ...deed.faults });
        {
          this.#mishap(deed.pad, Object.keys(deed.faults).length > 0 ? Infinity : 1000, "fault");
          return;
        }
      case "air":
        this.#say(deed.pad, `air ${JSON.stringify(deed.air)}`);
        this.#airs[deed.pad] = { ...clearAir, ...deed.air };
        {
          this.#judgeAir();
          return;
        }
      case "broker":
        this.#answers = false;
        this.#note(deed.up ? "the broker is back" : "the broker goes away");
        for (const pad of this.#pads) pad.brokerTurned(deed.up);
        {
          this.#broker.turn(deed.up);
          return;
        }
      case "flood":
        this.#note(`the parser is ${deed.ms} ms behind`);
        {
          this.#broker.flood(deed.ms);
          return;
        }
      case "flap":
        this.#answers = false;
        this.#note("the connection to the broker breaks");
        for (const pad of this.#pads) pad.brokerFlapped();
        {
          this.#broker.flap();
          return;
        }
      case "walker":
        this.#say(deed.pad, deed.on ? "somebody walks" : "nobody walks");
        if (!deed.on) this.#pads[deed.pad]!.walkerOff();
        {
          this.#radio.act(ADDRESSES[deed.pad]!, (pad) => walker(pad, deed.on));
          return;
        }
      case "safety-key":
        this.#say(deed.pad, deed.inPlace ? "the safety key is in" : "the safety key is pulled");
        {
          this.#radio.act(ADDRESSES[deed.pad]!, (pad) => safetyKey(pad, deed.inPlace));
          return;
        }
      case "control":
        this.#say(deed.pad, `control ${deed.what}`);
        this.#mishap(deed.pad, deed.what === "allowed" ? 1000 : Infinity, "key");
        {
          this.#radio.act(ADDRESSES[deed.pad]!, (pad) => control(pad, deed.what));
          return;
        }
      case "radio":
        this.#note(deed.on ? "the radio is on" : "the radio is off");
        this.#mishap(null, deed.on ? 1000 : Infinity, "radio");
        {
          this.#radio.setPower(deed.on ? "on" : "off");
          return;
        }
    }
  }

  #press(pad: number, key: "start-stop" | "stop" | "+" | "-"): void {
    const address = ADDRESSES[pad]!;
    const before = this.#radio.pad(address);
    this.#radio.act(address, (one) => remote(one, key));
    const after = this.#radio.pad(address);
    this.#say(pad, `remote ${key}: ${beltOf(before)} → ${beltOf(after)}`);
    this.#pads[pad]!.pressed(before, after);
  }

  /** The id of the message; null: nobody is there to take it. */
  #send(deed: Extract<Deed, { do: "send" }>): string | null {
    const { pad, payload, dup = false, stored = false, age } = deed;
    if (!this.#broker.reaches) return null;
    const id = `m${++this.#messages}`;
    const sent = this.#clock.now();
    const at = age === undefined ? {} : { at: new Date(this.#clock.wall() - age).toISOString() };
    const keys = Object.entries(payload);
    const halts = keys.some(([key, value]) => kindOf(key, value) === "stop");
    const oracle = this.#pads[pad]!;
    this.#say(
      pad,
      `${id} ${JSON.stringify(payload)}${dup ? " DUP" : ""}${stored ? " RETAIN" : ""}${age === undefined ? "" : ` ${age} ms old`}`,
    );
    const link = payload["link"];
    const [leaf, text] =
      link === undefined ? ["set", JSON.stringify({ ...payload, id, ...at })] : ["set/link", String(link)];
    this.#broker.publish(`${BASE}/${IDS[pad]!}/${leaf}`, text, {
      stored,
      dup,
      read: (isOvertaken) => {
        if (isOvertaken) this.#say(pad, `${id} is read after a later stop`);
        for (const [key, value] of keys) {
          const kind = kindOf(key, value);
          // One ahead of the bridge's clock says nothing about its age (docs/topics.md).
          const old = age !== undefined && Math.abs(age) > 5_000;
          oracle.asked({
            id: link === undefined ? id : null,
            key,
            value,
            seq: ++this.#seq,
            at: this.#clock.now(),
            sent,
            kind: halts && kind === "motion" ? "other" : kind,
            isVoid:
              stored ||
              (kind !== "stop" && value !== "standby" && (old || (dup && kind === "motion"))) ||
              (isOvertaken && kind === "motion"),
            results: [],
            calm: false,
            resultAt: 0,
          });
        }
      },
    });
    return id;
  }

  // What is seen.

  #published({ topic, payload }: OutMessage): void {
    if (typeof payload !== "string") return;
    const [, id, leaf] = topic.split("/");
    const pad = IDS.findIndex((one) => one === id);
    const oracle = this.#pads[pad];
    if (!oracle || payload === "") return;
    const said = JSON.parse(payload) as Record<string, unknown>;
    // Judged by what is true at this moment, not at the last look.
    oracle.sample(this.#radio.pad(ADDRESSES[pad]!));
    if (leaf === "result") {
      const outcome = said["status"] === "ok" ? "ok" : String(said["code"]);
      this.#say(pad, `← result ${String(said["id"])} ${String(said["command"])}: ${outcome}`);
      oracle.result(said["id"] as string | null, String(said["command"]), outcome, String(said["message"]));
    }
    if (leaf === "availability") oracle.available = said["state"] === "online";
    if (leaf === "availability" && !this.#firsts.has(topic)) {
      this.#firsts.add(topic);
      if (said["state"] !== "offline")
        this.#violation(`${oracle.name}: the first availability of a run is ${String(said["state"])}`);
    }
    if (leaf === "state") {
      const state = said as {
        belt: string;
        stop_confirmed: boolean;
        link: string;
        problem: string | null;
        speed: number | null;
      };
      const text = `← ${state.belt} ${state.link} stop_confirmed ${state.stop_confirmed} ${state.problem ?? ""}`;
      if (this.#trace && text !== this.#lastState[pad]) this.#say(pad, `${text} (speed ${state.speed})`);
      this.#lastState[pad] = text;
      oracle.state(state);
    }
    if (leaf === "event") this.#say(pad, `← event ${String(said["event_type"] ?? said["type"])}`);
  }
  readonly #lastState: string[] = [];

  #look(): void {
    const now = this.#clock.now();
    this.#mishaps = this.#mishaps.filter(({ until }) => until > now);
    for (const [i, oracle] of this.#pads.entries()) {
      const unwell = this.#mishaps.some(({ pad }) => pad === null || pad === i) || this.#isRough(i);
      oracle.disturbed = unwell;
      oracle.rough =
        this.#mishaps.some((one) => one.what !== "stall" && (one.pad === null || one.pad === i)) ||
        this.#isRough(i);
      oracle.transit = this.#airs[i]!.transit;
      oracle.sample(this.#radio.pad(ADDRESSES[i]!));
      oracle.reachable(this.#broker.reaches);
      if (this.#life && this.#broker.reaches && !this.#ending)
        for (const ask of oracle.unanswered(110_000)) {
          this.#violation(`${oracle.name}: ${ask.id} (${ask.key} ${ask.value}) has had no result for 110 s`);
          ask.results.push("none");
        }
    }
  }

  /** A stop may take its time on such a link, or with such a pad. */
  #isRough(pad: number): boolean {
    const { losesOneIn, jitter, delay, echo, frozen, unanswered } = this.#airs[pad]!;
    const { silentData } = this.#day.pads[pad]!.options;
    return (
      losesOneIn !== null ||
      jitter > 5 ||
      delay > 0 ||
      echo !== null ||
      frozen ||
      unanswered ||
      silentData === true
    );
  }

  /** `until` Infinity: until the next one of its kind, which ends it. */
  #mishap(pad: number | null, ms: number, what: Trouble): void {
    const now = this.#clock.now();
    for (const one of this.#mishaps)
      if (one.pad === pad && one.what === what && one.until === Infinity) one.until = now;
    this.#mishaps.push({ from: now, until: now + ms, pad, what });
    for (const [i, oracle] of this.#pads.entries())
      if (pad === null || pad === i) {
        oracle.disturbed = true;
        oracle.rough ||= what !== "stall";
        oracle.disturb();
      }
  }

  #judgeAir(): void {
    for (const [i, { delay, echo, frozen, parts }] of this.#airs.entries())
      if (delay > 0 || echo !== null || frozen || parts.speed > 500) this.#pads[i]!.honest = false;
  }

  #padAt(address: string): number {
    return ADDRESSES.findIndex((one) => one === address);
  }

  #violation(text: string): void {
    this.#violations.push(text);
    this.#note(`!!! ${text}`);
  }

  #say(pad: number, text: string): void {
    if (this.#trace) this.#note(`${IDS[pad]!}: ${text}`);
  }

  #note(text: string): void {
    if (!this.#trace) return;
    const speeds = this.#day.pads.map((_, i) => this.#radio.pad(ADDRESSES[i]!).machine.belt.speed.toFixed(1));
    this.#timeline.push(`${(this.#clock.now() / 1000).toFixed(3).padStart(8)} [${speeds.join(" ")}] ${text}`);
  }

  #logger(): Logger {
    const say =
      (level: string) =>
      (_: object, message: string): void => {
        if (this.#trace) this.#note(`  (${level}: ${message})`);
      };
    const silent = (): void => undefined;
    const log: Logger = {
      trace: silent,
      debug: silent,
      info: say("info"),
      warn: say("warn"),
      error: say("error"),
      fatal: say("fatal"),
      child: () => log,
    };
    return log;
  }
}

const beltOf = ({ machine: { belt } }: ReturnType<SimulatedRadio["pad"]>): string =>
  belt.phase === "running" ? `running ${belt.speed.toFixed(1)}→${belt.target.toFixed(1)}` : belt.phase;
