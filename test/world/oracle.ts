import { isHalt, isMotion, isTextPad } from "../support/pad-rig.js";
import type { Pad } from "../../src/sim/pad.js";
import type { DayPad, Safety } from "./day.js";
import { isCommandLine, wrongLine } from "./lines.js";

/** km/h: what a status rounds to 0 (wire-facts a.7). */
const LEAST = 0.05;
const KM_PER_MILE = 1.609344;
/** Seconds that a status takes to be published: a steep ramp ends in them. */
const ON_ITS_WAY_S = 0.03;
/** Milliseconds after which nothing is on its way any more that left on a slow link. */
const SLOW_FOR = 4_000;
/** Milliseconds from a decision of the bridge until its word of it is here. */
const WORD_ON_ITS_WAY = 10;
/** A result is worth a minute's waiting to the bridge: one that waits for the broker for longer is given up. */
const RESULT_KEPT = 55_000;
/** Contract rules 2 and 4. */
const START_WITHIN = 5_000;
const FRESH = 2_000;
/** What the bridge may take to see something, beyond that a status shows it: two polls and what goes with them. */
const SIGHT = 1_500;
/** How long a connection to the broker must last to count. */
const LASTED = 5_000;
const HISTORY = 400;
const STATUS_INTERVAL = 1_000;
/** The longest delay of the air, and a slow link's both ways; ms. */
const ANSWER_ON_ITS_WAY = 4_000;
/** A text pad's line takes so long to be read from its first piece on; ms. */
const LINE = 1_500;
/** A variant that nobody has seen is known after the questions of a handshake, or after a few answers to polls; ms. */
const STRANGER = 40_000;
/** A refused start of a text pad is written again twice (docs/supported-pads.md). */
const START_TRIES = 3;
/** After the broker was away, or the process stood still, what it says may be of before: it has not read on yet. */
const LATE_WORD = 1_000;
/** Milliseconds: a start that a machine has told of may move it within this time (rule 7). */
const SPIN_UP = 15_000;
/** Milliseconds after which a belt that moves is certain to be seen. */
const LEFT_ALONE = 3_000;

export interface Truth {
  readonly at: number;
  readonly speed: number;
  readonly phase: Pad["machine"]["belt"]["phase"];
}

/** One key of a message that was read by the process. */
export interface Ask {
  /** Null: it came on a topic of its own, without one. */
  readonly id: string | null;
  readonly key: string;
  readonly value: string | number;
  /** In the order of everything that happens. */
  readonly seq: number;
  readonly at: number;
  /** When it was sent, which is earlier than `at` after a stall. */
  readonly sent: number;
  readonly kind: "stop" | "motion" | "other";
  /** Refused by itself: stored, old, a redelivered start. */
  readonly isVoid: boolean;
  results: string[];
  resultAt: number;
  /** Nothing has happened since that a stop may need more time for. */
  calm: boolean;
  /** The broker was away for so long that its result may have been given up. */
  lost?: boolean;
  /** The program was ending and held no link to the pad any more: it answers `unconfirmed`, and takes it on no more. */
  tooLate?: boolean;
  /** A stop of this run was not confirmed when it came: it is refused (safety rule 1). */
  underStop?: boolean;
}

interface Written {
  readonly at: number;
  readonly speed: number;
}

/** What set the belt in motion the last time. */
interface Cause {
  readonly by: "us" | "person";
  readonly at: number;
  /** Of a frame of ours: when it was handed over. */
  readonly seq: number;
}

export interface OracleDeps {
  readonly now: () => number;
  readonly violation: (text: string) => void;
  readonly safety: Safety;
  /** Whether the process could be told everything at once now: the broker is there. */
  readonly brokerUp: () => boolean;
}

const MOTIONS: readonly (string | number)[] = ["ON", "start", "resume", "toggle", "faster", "slower"];
const STARTS: readonly (string | number)[] = ["ON", "start", "resume", "toggle"];
const STOPS: readonly (string | number)[] = ["OFF", "stop", "pause", 0];
const RESTS: readonly string[] = ["idle", "standby", "paused"];

/** Milliseconds; the simulator's own where the day does not say. */
const gapOf = ({ options: { gap = 690 } }: DayPad): number => gap;

export const kindOf = (key: string, value: string | number): Ask["kind"] => {
  if (key !== "mode" && key !== "link" && STOPS.includes(value)) return "stop";
  const motion = (key === "belt" || key === "command") && MOTIONS.includes(value);
  return motion || (key === "speed" && value !== 0) ? "motion" : "other";
};

/** A broken connection to the broker is made again within this, when nothing is in its way; ms. */
const RECONNECTS = 2_000;

/**
 * What is true of one pad, and whether what the bridge does about it keeps the rules of contract 4. It knows the
 * simulator's belt, the person's presses and the frames; of the bridge it knows only what it has published.
 */
export class PadOracle {
  readonly name: string;
  readonly setup: DayPad;
  readonly wilink: boolean;
  readonly ftms: boolean;
  readonly isText: boolean;
  /** Its statuses tell of a countdown. */
  readonly showsStart: boolean;
  /** It is of a variant that the bridge may know: one that nobody has seen need not be stopped (issue 14). */
  readonly steers: boolean;
  /** km/h: a status may show 0 below it. */
  readonly least: number;
  /** What a number of ours means to a machine that counts in miles and, of its kind, does not say so. */
  readonly unsaid: number;
  /** km/h: what nothing that we write may exceed. */
  readonly cap: number;
  readonly truth: Truth[] = [];
  /** What was true when a notification was sent that has been read since. */
  #told: readonly Truth[] = [];
  asks: Ask[] = [];
  /** Whether what it says has been true for the whole day: what was seen of it then has to be right. */
  honest: boolean;
  /** As it is published. */
  available = false;
  /** Bad air has made the bridge doubt the pad's table: it writes nothing until it has read it clearly for a while. */
  isVariantUnknown = false;
  /** Its belt keeps going, its link or its frames suffer: a stop need not reach it in time. */
  disturbed = false;
  /** Its link or the machine suffer from more than a stall of ours. */
  rough = false;
  /** Of a frame on its way, ms. */
  transit = 5;
  stats: { readonly took: number; readonly gap: number }[] = [];
  readonly #deps: OracleDeps;
  readonly #countdown: number;
  /** km/h: what the machine makes of less. */
  readonly #least: number;
  #cause: Cause | null = null;
  #restAt = 0;
  #phaseSince = 0;
  #movingSince: number | null = null;
  #heardOf = -Infinity;
  #linkedAt: number | null = null;
  #link = 0;
  #lateLink = -Infinity;
  #firstWrites = new Map<string, Written>();
  #handedSeq: { readonly op: string; readonly seq: number }[] = [];
  #restWordSince: number | null = null;
  #stopConfirmed = true;
  #published: { readonly belt: string; readonly problem?: string | null } | null = null;
  /** Since when the pad is published as one of an unknown variant; null: it is not. */
  #unknownSince: number | null = null;
  /** Since when, in calm air, the pad is neither understood nor published as one of an unknown variant. */
  #strangerSince: number | null = null;
  #exiting = false;
  #alive = false;
  /** The life before this one was killed while this pad was under its care; when it was last heard then. */
  #crash: { readonly heard: number } | null = null;
  #firstHeard: number | null = null;
  /** The connect of that link. */
  #firstLinked = -Infinity;
  #stopSince: number | null = null;
  /** A start that the machine has told of: no status has shown a speed since, and no stop has been confirmed. */
  #unshownSince: number | null = null;
  /** When the machine told of the start at its own button that its belt moves by: the spin-up is known (rule 7). */
  #startTold = -Infinity;
  /** When a stop frame was handed over the last time. */
  #haltedAt = -Infinity;
  #crashMovingSince: number | null = null;
  /** It has run for long though its data shows nothing: it was given a start, and has acknowledged it. */
  #ranLong = false;
  #walkerWasOff = false;
  /** Milliseconds for which the belt has moved so far: no walk of it has lasted longer. */
  #moved = 0;
  /** Of that, while the process stood still: counted by its clock and by the machine's, where that had just started. */
  #movedInStall = 0;
  #brokerDownSince: number | null = null;
  #brokerUpSince = 0;
  /** From when the bridge counts the broker as gone. */
  #outageSince = 0;
  /** When a word of the bridge could not get through the last time: one that comes now may be older than that. */
  #awayAt = -Infinity;
  #unclean = false;
  /** It was under the care of the life before for longer than may be lost: its mark is on the disk (rule 9). */
  #isMarked = false;
  /** Whether its stop was confirmed at the end nobody could read: the broker was away. */
  #endedUnheard = false;
  #brokerStops = false;
  /** What a frame that is on its way now may take, ms, and when it did. */
  #slowest = 0;
  #slowAt = 0;
  #stallStart = -Infinity;
  #stallEnd = -Infinity;
  /** Until then trouble hid the belt's movement. */
  #unseenUntil = -Infinity;
  #unreachableSince: number | null = null;
  #due: { readonly ask: Ask; readonly until: number; readonly from: number; reacted: boolean } | null = null;

  constructor(name: string, setup: DayPad, pad: Pad, deps: OracleDeps) {
    this.name = name;
    this.setup = setup;
    this.#deps = deps;
    const { model } = pad.machine;
    this.wilink = "wilink" in model;
    this.ftms = "ftms" in model;
    this.isText = "text" in model;
    this.showsStart = !this.ftms && !this.isText;
    this.steers = (setup.options.secondPair ?? null) === null;
    const { imperial = false } = setup.options;
    this.least = Math.max(LEAST * (imperial ? KM_PER_MILE : 1), (setup.options.ramp ?? 0) * ON_ITS_WAY_S);
    this.unsaid = imperial && this.ftms && setup.model !== "tm11gy" ? KM_PER_MILE : 1;
    this.cap = Math.min(
      model.belt.max,
      setup.maxSpeed ?? (this.wilink ? (model.name === "R1 Pro" ? 10 : 6) : Infinity),
    );
    this.#least = model.belt.min;
    this.#countdown = model.belt.countdown + (model.belt.crawl?.hold ?? 0);
    this.honest = !setup.options.silentData;
    this.sample(pad);
  }

  // The truth.

  sample({ machine: { belt } }: Pad): void {
    const now = this.#deps.now();
    const last = this.truth.at(-1);
    if (this.transit >= this.#slowest || now - this.#slowAt > SLOW_FOR) {
      this.#slowest = this.transit;
      this.#slowAt = now;
    }
    this.truth.push({ at: now, speed: belt.speed, phase: belt.phase });
    if (this.truth.length > 2 * HISTORY) this.truth.splice(0, HISTORY);
    if (belt.phase === "rest") this.#restAt = now;
    if (last?.phase !== belt.phase) this.#phaseSince = now;
    if (belt.phase === "rest") this.#cause = null;
    const passed = last && this.#movingSince !== null ? now - last.at : 0;
    this.#moved += passed;
    if (now <= this.#stallEnd) this.#movedInStall += passed;
    this.#movingSince = belt.speed >= this.least ? (this.#movingSince ?? now) : null;
    // Data has shown nothing for so long (rule 7): what was not heard, as while the process stood still, shows nothing either.
    const ours =
      this.#cause?.by === "us" && this.#heardOf - Math.max(this.#cause.at, this.#stallEnd) > 22_000;
    if (
      ours &&
      belt.phase === "running" &&
      this.#alive &&
      this.#linkedAt !== null &&
      now - this.#linkedAt > 22_000
    )
      this.#ranLong = true;
    if (!this.#deps.brokerUp()) this.#awayAt = Math.max(this.#awayAt, now);
    this.#watchWords();
    this.#watchCrash();
    this.#watchStop();
    this.#watchBroker();
    this.#watchLength();
    this.#watchStranger();
  }

  pressed(before: Pad, after: Pad): void {
    const started = before.machine.belt.phase === "rest" && after.machine.belt.phase !== "rest";
    this.sample(after);
    if (started) this.#cause = { by: "person", at: this.#deps.now(), seq: 0 };
    // A machine that notifies tells of it, and may not be heard when it tells of its end.
    if (started && this.#linkedAt !== null) this.#unshownSince ??= this.#deps.now();
    if (started && this.ftms && this.#isHeard()) this.#startTold = this.#deps.now();
    // Whoever speeds it up, or starts it, works against the stop that is under way.
    if (after.machine.belt.target > before.machine.belt.target || started) this.disturb();
  }

  walkerOff(): void {
    this.#walkerWasOff = true;
  }

  /** The process stands still until then. */
  stalled(until: number): void {
    this.#awayAt = Math.max(this.#awayAt, until);
    if (this.#deps.now() >= this.#stallEnd) this.#stallStart = this.#deps.now();
    // A shorter stall within a longer one does not end it.
    this.#stallEnd = Math.max(this.#stallEnd, until);
    const { action, after } = this.#deps.safety.broker_lost;
    // A connection that broke just before can be made again only after it.
    const broken = this.#deps.now() - this.#outageSince < RECONNECTS;
    if (broken && action === "stop" && until - this.#outageSince >= after * 1000) this.#brokerStops = true;
  }

  /** The connection broke, and is made again at once: to a bridge that has had none that lasted, the broker is gone. */
  brokerFlapped(): void {
    const now = this.#deps.now();
    // Without a broker there is no connection to break.
    if (this.#brokerDownSince !== null) return;
    const { action, after } = this.#deps.safety.broker_lost;
    const lasted = now - this.#brokerUpSince >= LASTED;
    if (action === "stop" && !lasted && now - this.#outageSince >= after * 1000) this.#brokerStops = true;
    if (lasted) this.#outageSince = now;
    this.#unreachableSince ??= now;
    this.#brokerUpSince = now;
  }

  /** Whether a result could be published now. */
  reachable(is: boolean): void {
    const now = this.#deps.now();
    if (!is) this.#unreachableSince ??= now;
    else {
      if (this.#unreachableSince !== null && now - this.#unreachableSince > RESULT_KEPT)
        for (const ask of this.asks) ask.lost = true;
      if (this.#unreachableSince !== null) {
        // However short the outage was, it lasted until the connection was made again.
        const { action, after } = this.#deps.safety.broker_lost;
        if (action === "stop" && now - this.#outageSince >= after * 1000) this.#brokerStops = true;
        // A connection lasts from when it is made, not from when there is a broker again.
        this.#brokerUpSince = now;
      }
      this.#unreachableSince = null;
    }
  }

  brokerTurned(up: boolean): void {
    const now = this.#deps.now();
    // A connection that has not lasted leaves the time running.
    if (!up && this.#brokerDownSince === null && now - this.#brokerUpSince >= LASTED) this.#outageSince = now;
    const { action, after } = this.#deps.safety.broker_lost;
    // The stop for it may have been asked for while the link was down, and reaches the belt with the next one.
    if (up && this.#brokerDownSince !== null && action === "stop" && now - this.#outageSince >= after * 1000)
      this.#brokerStops = true;
    if (up) this.#brokerUpSince = now;
    // What the bridge learns meanwhile it can tell nobody.
    else this.#unknownSince = null;
    this.#brokerDownSince = up ? null : (this.#brokerDownSince ?? now);
  }

  /** Something has happened that a stop may need more time for. */
  disturb(): void {
    this.#due = null;
    for (const ask of this.asks) ask.calm = false;
  }

  // The process.

  begun(crashed: boolean, letGo: boolean): void {
    this.#alive = true;
    this.#exiting = false;
    this.#firstHeard = null;
    this.#crash = crashed && this.#isMarked ? { heard: this.#heardOf } : null;
    this.#unclean = crashed || letGo || this.#endedUnheard || this.#unclean;
    // What an earlier run has started is known to this one by what it sees alone.
    if (this.#cause) this.#cause = { ...this.#cause, by: "person" };
    this.#crashMovingSince = null;
    // A stall ends with the process that stood still.
    this.#stallStart = this.#stallEnd = -Infinity;
    this.#stopSince = null;
    this.#unshownSince = null;
    this.#startTold = -Infinity;
    this.#stopConfirmed = !letGo;
    this.#ranLong = false;
    this.#published = null;
    this.available = false;
    this.isVariantUnknown = false;
    this.#unknownSince = null;
    this.#strangerSince = null;
    this.#outageSince = this.#brokerUpSince = this.#deps.now();
    if (this.#brokerDownSince !== null) this.#brokerDownSince = this.#deps.now();
  }

  exiting(): void {
    this.#exiting = true;
  }

  gone(): void {
    this.#alive = false;
    // A process that is killed in a stall has written nothing since it began.
    const now = this.#deps.now();
    const wrote = now < this.#stallEnd ? this.#stallStart : now;
    this.#isMarked = this.#firstHeard !== null && wrote - this.#firstHeard >= STATUS_INTERVAL;
    this.#endedUnheard = !this.#deps.brokerUp();
    this.asks = [];
    this.#linkedAt = null;
    this.#published = null;
    this.#restWordSince = null;
    this.#firstWrites.clear();
    this.#due = null;
  }

  /** Why exit code 0 would be a lie, or null. */
  unsafe(): string | null {
    const now = this.#deps.now();
    const { phase, speed } = this.truth.at(-1)!;
    if (phase === "rest" || speed < this.least) {
      if (phase !== "countdown") return null;
    }
    // Falling, as contract 1 says it, is 0.2 km/h from one status to the next; one takes both ways of a slow link.
    const between = Math.max(1_000, 2 * this.transit);
    if (phase === "stopping" && ((this.setup.options.ramp ?? 0.53) * between) / 1000 >= 0.15) return null;
    // Of a belt that obeys, zeros for data show nothing but rest.
    if (phase === "stopping" && this.setup.options.silentData) return null;
    const pending = this.asks.findLast(({ kind, isVoid, tooLate }) => kind === "stop" && !isVoid && !tooLate);
    if (pending && !pending.results.includes("ok") && this.#restAt < pending.at)
      return `${phase} at ${speed.toFixed(2)} km/h, and the accepted stop ${pending.id} has not been carried out`;
    if (this.#crash && this.#firstHeard === null && now - this.#crash.heard < 590_000)
      return `${phase} at ${speed.toFixed(2)} km/h since a crash, and not seen since`;
    if (!this.honest) return this.#lie();
    return this.#firstHeard !== null ? this.#motionSeen() : null;
  }

  // The link.

  linked(link: number): void {
    const now = this.#deps.now();
    this.#link = link;
    this.#linkedAt = now;
    // The table is looked for anew.
    this.#unknownSince = null;
    const stop = this.#lastStop();
    if (stop && now - stop.at > 59_000) this.#lateLink = now;
  }

  unlinked(): void {
    // A start whose answer is lost with the link was acknowledged to nobody.
    const { by, at } = this.#cause ?? { by: "person", at: 0 };
    if (this.#cause && by === "us" && this.#deps.now() - at < ANSWER_ON_ITS_WAY)
      this.#cause = { ...this.#cause, by: "person" };
    this.#linkedAt = null;
    this.disturb();
  }

  released(link: number): void {
    if (link === this.#link) this.unlinked();
    this.#checkLeft();
    if (this.#exiting || !this.#alive || !this.honest) return;
    const now = this.#deps.now();
    if (
      now - this.#heardOf < 4_500 &&
      (this.truth.at(-1)?.speed ?? 0) > 0.3 &&
      !this.#isSwitchedOff() &&
      !this.rough &&
      // On a link of a second the last damaged notifications come late, also when it has just become fast.
      this.#slowest < 1_000
    )
      this.#deps.violation(`${this.name}: a link that lives is given up while the belt moves`);
    // Only by the user's switch: a link that is given up as silent is regained, and so is one of a refused OFF.
    const answer = this.asks.findLast(({ key, isVoid }) => key === "link" && !isVoid)?.results[0];
    const moves = this.#motionSeen();
    if (moves && answer !== undefined && this.#isSwitchedOff())
      this.#deps.violation(`link OFF let go of a belt: ${moves}`);
  }

  /** Rule 8: nothing that is seen to move is let go of without a stop, whoever has started it, and when. */
  #checkLeft(): void {
    const now = this.#deps.now();
    const { phase, speed } = this.truth.at(-1)!;
    if (!this.#exiting || !this.#alive || !this.honest || !this.steers || this.isVariantUnknown) return;
    if (!this.#deps.safety.stop_on_exit || this.rough || this.disturbed) return;
    // A countdown that its statuses show is as good as movement.
    const moves = phase === "running" || (phase === "countdown" && this.showsStart);
    const since = this.showsStart ? Math.max(this.#cause?.at ?? -Infinity, this.#restAt) : this.#phaseSince;
    const seen = now - since > LEFT_ALONE && this.#heardOf > since + LEFT_ALONE / 2;
    if (moves && seen && this.#haltedAt < since)
      this.#deps.violation(
        `${this.name}: let go of a belt in ${phase} at ${speed.toFixed(2)} km/h, without a stop`,
      );
  }

  /** It has a link on which statuses come, and nothing gets lost. */
  #isHeard(): boolean {
    const fresh = this.#deps.now() - this.#heardOf < FRESH && this.#heardOf > (this.#linkedAt ?? Infinity);
    return this.#alive && fresh && !this.rough && !this.disturbed;
  }

  get stopConfirmed(): boolean {
    return this.#stopConfirmed;
  }

  /** Rule 7: FTMS, a start of 20 s ago, no speed seen since and no stop confirmed. No stop is until a speed is seen. */
  get hasNoTelemetry(): boolean {
    return this.ftms && this.#unshownSince !== null && this.#deps.now() - this.#unshownSince >= 20_000;
  }

  /** A notification that the pad sent at `generated` is about to be read. */
  heard(generated: number): void {
    if (!this.steers) return;
    const then = this.truth.findLast(({ at }) => at <= generated);
    if (then) this.#told = [...this.#told.slice(-HISTORY), { ...then, at: generated }];
    if ((then?.speed ?? 0) >= this.least) this.#unshownSince = null;
    this.#heardOf = Math.max(this.#heardOf, generated);
    if (this.#firstHeard === null) this.#firstLinked = this.#linkedAt ?? this.#deps.now();
    this.#firstHeard ??= this.#deps.now();
  }

  // The bridge.

  asked(ask: Ask): void {
    this.asks.push(ask);
    ask.tooLate = this.#exiting && this.#linkedAt === null;
    // A frame of a stop that has been confirmed meanwhile may still leave in its last pieces.
    const isConfirmed = this.#stopConfirmed && this.#deps.now() - (this.#stopSince ?? 0) > WORD_ON_ITS_WAY;
    ask.underStop =
      ask.kind === "motion" && ask.value !== "toggle" && this.#stopSince !== null && !isConfirmed;
    if (ask.kind !== "stop" || ask.isVoid) return;
    const { speed, phase } = this.truth.at(-1)!;
    const { ramp = 0.53, deafSpinUp = false } = this.setup.options;
    if (this.#linkedAt === null || this.#firstHeard === null || this.disturbed) return;
    // The speed that its deadline is made of is older than the stall, and the belt may be faster by now.
    if (this.#deps.now() - this.#stallEnd < 1_500) return;
    if (this.#deps.now() - this.#linkedAt < 2_000) return;
    // One that shares an older stop shares its time.
    if (!this.#stopConfirmed || !this.steers || this.isVariantUnknown) return;
    // Two polls, a stop and a start that came before it take their time on a link of a second. Of a text pad they are
    // 17 pieces, and the deadline is 10 s.
    ask.calm = ramp > 0.45 && !deafSpinUp && this.transit < (this.isText ? 500 : 1_000);
    // What a person has started and no status has shown is known to nobody, and a machine in its spin-up obeys nobody.
    if (deafSpinUp && this.#cause?.by === "person" && this.#motionSeen() === null) return;
    const falls =
      (speed / ramp) * 1000 +
      14 * this.transit +
      (deafSpinUp && phase !== "rest" ? 2 * this.#countdown + 5000 : 0);
    this.#due ??= {
      ask,
      from: ask.at,
      until: ask.at + falls + 4_000,
      reacted: phase === "rest" || phase === "stopping",
    };
  }

  handed(op: string, seq: number): void {
    if (isHalt(op)) this.#stopSince ??= this.#deps.now();
    if (isHalt(op)) this.#haltedAt = this.#deps.now();
    if (isHalt(op) && this.#isBrokerLost(this.#deps.now())) this.#brokerStops = true;
    if (!isMotion(op) || (op.startsWith("speed") && this.#inclines)) return;
    const now = this.#deps.now();
    const wrong = (why: string): void => this.#deps.violation(`${this.name}: ${op} was written: ${why}`);
    this.#handedSeq = [...this.#handedSeq.slice(-20), { op, seq }];
    if (this.#exiting) return wrong("the program is ending");
    const stop = this.#lastStop();
    const ask = this.#authority(op, stop?.seq ?? -1);
    if (!ask && this.#isBrake(op)) return;
    if (!ask) return wrong("nobody has asked for it, or not in time, or it was refused");
    if (op === "start" && !this.#deps.safety.allow_start) return wrong("allow_start is false");
    if (!this.honest) return;
    const { speed, phase } = this.truth.at(-1)!;
    const isAlmostAtRest = phase === "stopping" && speed < this.least;
    // A person's start that no status has shown yet, and whose machine has lost the stop, is known to nobody.
    const isUnknown = stop?.results[0] === "ok" && this.#motionSeen() === null;
    if (stop && !isAlmostAtRest && !isUnknown && this.#restAt < stop.at && this.#lateLink < stop.at)
      return wrong(`the belt has not rested since the stop ${stop.id}`);
    if (op === "start") this.#checkStart(wrong);
    else this.#checkSpeed(op, ask, now, wrong);
  }

  /** A whole line of a text pad was handed over. */
  lineHanded(line: string, pad: Pad): void {
    if (!isTextPad(pad)) return;
    const why = this.steers ? wrongLine(line, pad) : null;
    if (why !== null) this.#deps.violation(`${this.name}: a line was written: ${why}`);
    // What was on its way when the bridge came to know it is not taken back; without a broker nobody is told of its end.
    const known =
      this.#unknownSince !== null && this.#deps.now() - this.#unknownSince > WORD_ON_ITS_WAY + SLOW_FOR;
    if (known && this.#deps.brokerUp() && isCommandLine(line))
      this.#deps.violation(`${this.name}: a command was written to a pad of an unknown variant`);
  }

  reached(op: string, before: Pad, after: Pad, unit: number): void {
    const [was, is] = [before.machine.belt, after.machine.belt];
    const now = this.#deps.now();
    this.sample(after);
    // It has come to rest since it was looked at last.
    if (was.phase === "rest") {
      this.#restAt = now;
      this.#due = null;
    }
    // A toggle that ends a countdown is acknowledged as the start that it is no more.
    if (op === "start" && was.phase === "countdown" && is.phase === "rest") this.#unshownSince ??= now;
    const wrong = (why: string): void => this.#deps.violation(`${this.name}: ${op} reached the belt: ${why}`);
    if (was.phase === "rest" && is.phase !== "rest") {
      const seq = this.#handedSeq.findLast((one) => one.op === op)?.seq ?? 0;
      // In rough air the machine may have acknowledged its start to nobody.
      this.#cause = { by: this.rough && !this.honest ? "person" : "us", at: now, seq };
      this.#unshownSince ??= now;
      const over = this.asks.find(
        (ask) => ask.kind === "stop" && ask.seq > seq && ask.results.includes("ok"),
      );
      if (over) wrong(`the belt starts after the stop ${over.id} was ok`);
      if (!this.#alive && !this.#unclean) wrong("the belt starts after the program has ended");
    }
    // A machine that gave control away has refused it: it was not written yet.
    if (op.startsWith("speed") && !this.wilink && is.target === was.target)
      for (const key of this.#firstWrites.keys()) if (key.endsWith(`/${op}`)) this.#firstWrites.delete(key);
    if (op.startsWith("speed") && is.target !== was.target && is.phase === "running") {
      const handed = this.#handedSeq.findLast((one) => one.op === op)?.seq ?? Infinity;
      const ask = this.#authority(op, -1, handed);
      const fastest = Math.max(...this.#since(now - 4_000).map(({ speed }) => speed));
      const asked =
        ask?.key === "speed" && typeof ask.value === "number" && !this.setup.options.imperial
          ? Math.max(ask.value, this.#least)
          : Infinity;
      // A machine that takes nothing so slow takes its own lowest.
      const least = Math.max(this.setup.startSpeed ?? 0, after.machine.model.belt.min);
      if (is.target > asked + 0.15 && is.target > least + 0.15)
        wrong(`the belt makes for ${is.target.toFixed(2)} km/h, and ${asked} was asked`);
      const most = this.unsaid * Math.max(this.cap, ask?.value === "slower" ? fastest : 0);
      if (is.target > most + 0.06 * unit)
        wrong(`the belt makes for ${is.target.toFixed(2)} km/h, more than ${most}`);
      if (!this.#deps.safety.allow_start && is.target > fastest + 0.06 && this.honest)
        wrong("it speeds up, and allow_start is false");
    }
    const stops = isHalt(op) && was.phase !== "stopping" && was.phase !== "rest" && is.phase !== was.phase;
    if (stops) this.#stopsBelt(wrong, now);
  }

  #isSwitchedOff(): boolean {
    return (
      this.asks.findLast(
        ({ key, results, isVoid }) => key === "link" && !isVoid && results[0] !== "unsupported",
      )?.value === "OFF"
    );
  }

  result(id: string | null, key: string, outcome: string, sentence: string): void {
    const now = this.#deps.now();
    // The stop that it could not write is the graver problem, and hides this one.
    if (
      this.#published?.problem === "stop-unconfirmed" &&
      sentence.includes("no control that the bridge supports")
    )
      this.isVariantUnknown = true;
    const open = this.asks.find((one) => one.id === null && one.key === key && one.results.length === 0);
    const ask = id === null ? open : this.asks.find((one) => one.id === id && one.key === key);
    if (!ask) return;
    ask.results.push(outcome);
    ask.resultAt = now;
    if (ask.underStop && outcome === "ok")
      this.#deps.violation(`${this.name}: ${id} was ok though it came under a stop that was not confirmed`);
    // A stored command that its clearing has not reached is handed over on each subscription, and refused each time.
    const refused = ask.results.every((one) => one === "retained");
    if (ask.results.length > 1 && !refused)
      this.#deps.violation(`${this.name}: ${id} has ${ask.results.length} results: ${ask.results.join()}`);
    // To a belt that moves, or is being stopped, a toggle is a stop, which is never too old (contract rule 1).
    const halted =
      ask.value === "toggle" && !ask.results.includes("retained") && !this.#startedSince(ask.seq);
    if (ask.isVoid && outcome === "ok" && ask.kind === "motion" && !halted)
      this.#deps.violation(`${this.name}: ${id} was ok though it was stored, old or redelivered`);
    // A stop's time is made of a number that is smaller in miles, and the belt is as fast.
    const { imperial = false } = this.setup.options;
    const lenient = !this.honest || this.#exiting || this.hasNoTelemetry || imperial;
    if (ask.kind === "stop" && outcome === "unconfirmed" && ask.calm && !lenient)
      this.#deps.violation(`${this.name}: the stop ${id} is unconfirmed after ${now - ask.at} ms of peace`);
    if (ask.kind !== "stop" || outcome !== "ok") return;
    // A machine whose answers get lost never says that its start is over (rule 7).
    if (!this.setup.air.unanswered) this.#unshownSince = null;
    const moves = this.honest ? this.#motionSeen(true) : this.#lie();
    if (moves) this.#deps.violation(`${this.name}: the stop ${id} is ok, but the belt is ${moves}`);
    // At rest as far as anybody can know.
    else this.#restAt = now;
  }

  state(state: {
    readonly belt: string;
    readonly stop_confirmed: boolean;
    readonly problem?: string | null;
  }): void {
    // What a killed process had sent is still on its way.
    if (!this.#alive) return;
    const hidden = this.isVariantUnknown && state.problem === "stop-unconfirmed";
    this.isVariantUnknown = hidden || state.problem === "unknown-variant";
    this.#unknownSince =
      state.problem === "unknown-variant" ? (this.#unknownSince ?? this.#deps.now()) : null;
    const first = this.#published === null;
    if (first && state.belt !== "unknown")
      this.#deps.violation(`${this.name}: the first state of a run says ${state.belt}`);
    this.#published = state;
    const lie = RESTS.includes(state.belt) ? this.#lie() : null;
    if (lie) this.#deps.violation(`${this.name}: the belt is said to be ${state.belt} and is ${lie}`);
    if (!RESTS.includes(state.belt)) this.#restWordSince = null;
    else this.#restWordSince ??= this.#deps.now();
    if (state.stop_confirmed && !this.#stopConfirmed) {
      const moves = this.honest ? this.#motionSeen(true) : this.#lie();
      if (moves) this.#deps.violation(`${this.name}: stop_confirmed, but the belt is ${moves}`);
    }
    if (state.stop_confirmed) {
      // What came as this was on its way came after the stop.
      const now = this.#deps.now();
      for (const ask of this.asks) if (now - ask.at <= WORD_ON_ITS_WAY) ask.underStop = false;
      this.#stopSince = null;
      this.#brokerStops = false;
    }
    this.#stopConfirmed = state.stop_confirmed;
  }

  /** Commands that should have had their result by now. */
  unanswered(within: number): readonly Ask[] {
    const now = this.#deps.now();
    return this.asks.filter(
      ({ results, at, isVoid, kind, lost }) =>
        results.length === 0 && !lost && now - at > within && !(isVoid && kind === "motion"),
    );
  }

  // What follows from it.

  /** A start frame of ours was written since. */
  #startedSince(seq: number): boolean {
    return this.#handedSeq.some((one) => one.op === "start" && one.seq > seq);
  }

  #lastStop(): Ask | undefined {
    return this.asks.findLast(({ kind, isVoid }) => kind === "stop" && !isVoid);
  }

  #since(at: number): readonly Truth[] {
    const recent = this.truth.filter((one) => one.at >= at);
    return recent.length > 0 ? recent : this.truth.slice(-1);
  }

  /** The belt moves, or is about to, and the bridge could have seen it; null: it does not, or could not. `isWord`: when it spoke, not now. */
  #motionSeen(isWord = false): string | null {
    const { phase, speed } = this.truth.at(-1)!;
    if (phase === "rest" || (phase === "stopping" && speed < this.least)) return null;
    const cause = this.#cause;
    const what = `${phase} at ${speed.toFixed(2)} km/h, started by ${cause?.by ?? "nobody"}`;
    if (cause?.by === "us") return what;
    const late = this.#deps.now() - this.#awayAt < LATE_WORD;
    if (isWord && late && (cause?.at ?? -Infinity) <= this.#awayAt) return null;
    const told = cause !== null && cause.at === this.#startTold;
    if (told && this.#deps.now() - cause.at < SPIN_UP && this.#heardOf > cause.at + SIGHT) return what;
    // FTMS and text lines show no countdown, and no status shows the first moment of a slow ramp.
    const slow = (this.least * 2 * 1000) / (this.setup.options.ramp ?? 0.53);
    const shownAt = (cause?.at ?? 0) + (this.showsStart ? 0 : this.#countdown + slow) + SIGHT;
    return this.#heardOf > shownAt ? what : null;
  }

  /** Of a pad whose data says nothing: a start of ours that it was given long ago cannot be taken to have stopped. */
  #lie(): string | null {
    if (!this.setup.options.silentData) return null;
    const { phase, speed } = this.truth.at(-1)!;
    return this.#ranLong ? `${phase} at ${speed.toFixed(2)} km/h, and its data shows nothing` : null;
  }

  /** The command that this frame is written for. */
  /** A belt that was sent above a limit that was not known yet is slowed down to it. */
  #isBrake(op: string): boolean {
    const now = this.#deps.now();
    const refused = this.asks.some(
      ({ results, resultAt }) => results[0] === "out-of-range" && now - resultAt < 5_000,
    );
    return refused && op.startsWith("speed") && Number(op.slice(6)) < this.truth.at(-1)!.speed;
  }

  #authority(op: string, after: number, before = Infinity): Ask | undefined {
    const now = this.#deps.now();
    const may = (ask: Ask): boolean => {
      if (ask.kind !== "motion" || ask.isVoid || ask.seq <= after || ask.seq > before) return false;
      const starts = STARTS.includes(ask.value);
      const open = ask.results.length === 0;
      if (op === "start")
        return (
          (starts || ask.key === "speed") &&
          open &&
          now - ask.at <= START_WITHIN &&
          now - ask.sent <= START_WITHIN + 2_600
        );
      const done = starts && ask.results[0] === "ok" && now - ask.resultAt <= 25_000;
      return (open || done) && now - ask.at <= 60_000;
    };
    const named = (ask: Ask): boolean => ask.key === "speed" && op === `speed ${ask.value}`;
    return this.asks.findLast((ask) => named(ask) && may(ask)) ?? this.asks.findLast(may);
  }

  #checkStart(wrong: (why: string) => void): void {
    const { phase, speed } = this.truth.at(-1)!;
    if (this.isText) this.#checkTries(wrong);
    const onlyAtRest = this.wilink || this.setup.model === "tm11gy" || this.isText;
    if (phase === "rest" || !onlyAtRest || (speed < this.least && phase !== "countdown")) return;
    if (phase === "countdown" && !this.wilink) return;
    // FTMS and text lines show no countdown: zeros are all that is known of a start until a status shows the movement.
    const slowness = this.isText ? LINE : 0;
    if (!this.wilink && this.#heardOf < (this.#movingSince ?? Infinity) + SIGHT + slowness) return;
    if (this.#motionSeen()) wrong(`it is only for a belt at rest, and this one is ${this.#motionSeen()}`);
  }

  /** Starts that wait share their tries: those of the oldest count. */
  #checkTries(wrong: (why: string) => void): void {
    const oldest = this.asks.find(
      ({ kind, value, key, results, isVoid }) =>
        kind === "motion" && !isVoid && results.length === 0 && (STARTS.includes(value) || key === "speed"),
    );
    const tries = this.#handedSeq.filter(({ op, seq }) => op === "start" && seq > (oldest?.seq ?? Infinity));
    if (tries.length > START_TRIES) wrong(`it is try ${tries.length}`);
  }

  #checkSpeed(op: string, ask: Ask, now: number, wrong: (why: string) => void): void {
    const { phase, speed } = this.truth.at(-1)!;
    const ramp = this.setup.options.ramp ?? 0.53;
    const since = now - this.#phaseSince;
    const unseen = this.#heardOf < this.#phaseSince;
    if (phase === "rest" || phase === "countdown") {
      if (since > FRESH + 200 && !unseen) wrong(`the belt is in ${phase} for ${since} ms`);
    } else if (
      phase === "stopping" &&
      ramp >= 0.3 &&
      since > FRESH + 1_500 &&
      !unseen &&
      speed >= this.least
    ) {
      // One that creeps on at one speed for as long as this link has been up shows nothing of it.
      const creeps = this.#since(this.#linkedAt ?? now).every((one) => Math.abs(one.speed - speed) < 0.1);
      if (!creeps) wrong(`the belt is slowing to rest for ${since} ms`);
    }
    this.#checkAgain(op, ask, now, wrong);
    if (ask.value !== "slower") return;
    const written = Number(op.slice(6)) * (this.setup.model === "tm11gy" ? 1.609344 : 1);
    const fastest = Math.max(...this.#since(ask.at - FRESH - 500).map((one) => one.speed));
    if (written > fastest + 0.1) wrong(`slower, and the belt ran at no more than ${fastest.toFixed(2)} km/h`);
  }

  /** Rule 5: again only while the belt has never left the speed that it had. */
  #checkAgain(op: string, ask: Ask, now: number, wrong: (why: string) => void): void {
    const key = `${ask.id}/${ask.key}/${op}`;
    const first = this.#firstWrites.get(key);
    const { speed } = this.truth.at(-1)!;
    if (!first) return void this.#firstWrites.set(key, { at: now, speed });
    // What happened between two statuses, up and down again, nobody has told the bridge (a Z1 sends no target speed).
    const slowness = this.isText ? LINE : 0;
    const between = this.#told.filter(
      ({ at }) => at >= first.at && at <= Math.min(now - FRESH - 100, this.#heardOf) - slowness,
    );
    const left = between.find((one) => Math.abs(one.speed - first.speed) > 0.25);
    if (left)
      wrong(`again, though the belt had left ${first.speed.toFixed(2)} for ${left.speed.toFixed(2)} km/h`);
  }

  /** A Sperax frame carries incline and speed together: the speed that the belt has. */
  get #inclines(): boolean {
    return (
      this.setup.model === "sperax" && this.asks.some(({ key, results }) => key === "incline" && !results[0])
    );
  }

  /** `broker_lost: stop`, and the broker has been gone for long enough. */
  #isBrokerLost(now: number): boolean {
    const { action, after } = this.#deps.safety.broker_lost;
    // To the bridge the broker is gone until it has connected again.
    const down = this.#brokerDownSince ?? this.#unreachableSince;
    if (action !== "stop" || down === null || now - this.#outageSince < after * 1000 - 100) return false;
    // An outage that begins in a stall is known after it, and its time runs from then: a belt that a person has started
    // meanwhile is stopped as one that ran before.
    const inStall = this.#outageSince >= this.#stallStart && this.#outageSince < this.#stallEnd;
    const since = inStall ? this.#stallEnd : this.#outageSince;
    return (this.#cause?.at ?? -Infinity) < Math.max(since + after * 1000, down);
  }

  /** A stop frame took effect. Who wanted it? */
  #stopsBelt(wrong: (why: string) => void, now: number): void {
    const due = this.#due;
    if (due && !due.reacted) {
      due.reacted = true;
      this.stats.push({ took: now - due.from, gap: gapOf(this.setup) });
      const gap = gapOf(this.setup);
      if (this.wilink && this.#slowest <= 30 && now - due.from > gap + 350)
        wrong(`${now - due.from} ms after its command`);
    }
    if (!this.#alive || this.#exiting || this.#unclean || !this.honest) return;
    const { walked_off } = this.#deps.safety;
    const wanted = this.asks.some(({ kind, value, isVoid, results, resultAt }) => {
      // To a belt that moves a toggle is a stop, which is never too old.
      if (isVoid && value !== "toggle") return false;
      const halts = kind === "stop" || value === "toggle" || value === "standby";
      return halts && (results[0] !== "ok" || now - resultAt < 3_000 || !this.#stopConfirmed);
    });
    const left = walked_off.action === "stop" && this.#walkerWasOff;
    const { max_session } = this.#deps.safety;
    // A machine counts from the first turn of its belt on.
    const creeping = (this.least / (this.setup.options.ramp ?? 0.53)) * 1_000;
    const counted = this.#moved + this.#movedInStall + creeping;
    const isLong = max_session !== null && counted >= max_session * 60_000 - STATUS_INTERVAL;
    if (!wanted && !left && !isLong && !this.#brokerStops && this.#lateLink < 0) wrong("nobody wanted it");
  }

  #watchWords(): void {
    const { speed } = this.truth.at(-1)!;
    const now = this.#deps.now();
    if (
      !this.honest ||
      !this.#alive ||
      !this.#deps.brokerUp() ||
      this.#restWordSince === null ||
      this.#movingSince === null
    )
      return;
    const since = Math.max(this.#restWordSince, this.#movingSince);
    if (
      now - since < 9_000 ||
      now - this.#awayAt < LATE_WORD ||
      this.#linkedAt === null ||
      this.#heardOf < this.#movingSince + SIGHT
    )
      return;
    this.#deps.violation(
      `${this.name}: the belt is said to be ${this.#published?.belt} and runs at ${speed.toFixed(2)} km/h`,
    );
    this.#restWordSince = null;
  }

  /** Rule 9. */
  #watchCrash(): void {
    const crash = this.#crash;
    const first = this.#firstHeard;
    const now = this.#deps.now();
    // It was stopped, or is being: rule 9 has done its part, in whatever air that was.
    if (this.#alive && this.#linkedAt !== null && this.#stopSince !== null) this.#crash = null;
    if (
      !crash ||
      first === null ||
      !this.honest ||
      !this.#alive ||
      this.#exiting ||
      this.disturbed ||
      this.#linkedAt === null
    )
      return;
    if (!this.#deps.safety.stop_after_crash || first - crash.heard > 590_000) return;
    if (this.#crash === null || this.asks.some(({ kind }) => kind === "motion")) {
      this.#crash = null;
      return;
    }
    const { speed } = this.truth.at(-1)!;
    const moves = speed >= 0.15 && this.#heardOf >= (this.#movingSince ?? Infinity);
    if (now - this.#firstLinked > 14_000 && this.#crashMovingSince === null) this.#crash = null;
    if (!moves) this.#crashMovingSince = null;
    else this.#crashMovingSince ??= now;
    if (this.#crashMovingSince === null || now - this.#crashMovingSince < 4_000) return;
    this.#crash = null;
    this.#deps.violation(
      `${this.name}: after a crash the belt runs at ${speed.toFixed(2)} km/h, seen, and is not stopped`,
    );
  }

  /** A stop on a live link of a pad that obeys. */
  #watchStop(): void {
    // Also of a belt that rests: in air that loses one piece in four no line of a text pad is whole, and none confirms it.
    if (this.disturbed) return this.disturb();
    const due = this.#due;
    if (!due) return;
    const now = this.#deps.now();
    const { phase, speed } = this.truth.at(-1)!;
    if (phase === "rest") this.#due = null;
    else if (now > due.until) {
      this.#due = null;
      this.#deps.violation(
        `${this.name}: ${now - due.from} ms after the stop ${due.ask.id} the belt is ${phase} at ${speed.toFixed(2)} km/h`,
      );
    }
  }

  /** Issue 14: a pad of a variant that nobody has seen is understood, or told as what it is. */
  #watchStranger(): void {
    if (this.steers) return;
    const now = this.#deps.now();
    const known = this.isVariantUnknown || (this.#published?.belt ?? "unknown") !== "unknown";
    const isCalm = this.#alive && !this.#exiting && !this.rough && !this.disturbed && this.#deps.brokerUp();
    // A graver problem hides it, and on a slow link its questions take longer.
    const hides = (this.#published?.problem ?? null) !== null || this.transit > 100;
    if (known || !isCalm || hides || this.#isSwitchedOff()) this.#strangerSince = null;
    else this.#strangerSince ??= now;
    if (this.#strangerSince === null || now - this.#strangerSince < STRANGER) return;
    this.#strangerSince = null;
    this.#deps.violation(`${this.name}: a pad of an unknown variant is not published as one`);
  }

  /** `max_session`: seen to move without a pause for so long, and for no stop's sake. */
  #watchLength(): void {
    const { max_session } = this.#deps.safety;
    const now = this.#deps.now();
    // Damaged data may show a belt later than it moves.
    if (this.disturbed && this.#published?.belt !== "running") this.#unseenUntil = now;
    if (max_session === null || !this.#alive || this.#exiting || this.rough || this.disturbed) return;
    if (!this.honest || !this.steers || this.isVariantUnknown || this.#linkedAt === null) return;
    const since = Math.max(this.#movingSince ?? Infinity, this.#linkedAt, this.#stallEnd, this.#unseenUntil);
    const late = now - since - max_session * 60_000;
    if (late < 5_000 || late > 5_100 || this.#haltedAt > since) return;
    const { speed } = this.truth.at(-1)!;
    this.#deps.violation(
      `${this.name}: seen to run for ${now - since} ms, and nothing stops it at ${speed.toFixed(2)} km/h`,
    );
  }

  /** `broker_lost: stop`. */
  #watchBroker(): void {
    const { action, after } = this.#deps.safety.broker_lost;
    // A connection that has not lasted leaves the time running.
    const down = this.#brokerDownSince && this.#outageSince;
    if (action !== "stop" || down === null || !this.#alive || this.#exiting || this.disturbed || !this.honest)
      return;
    const now = this.#deps.now();
    // What happened in a stall is known after it.
    const late = now - Math.max(down, this.#stallEnd) - after * 1000;
    if (
      late < 4_000 ||
      late > 4_100 ||
      this.#linkedAt === null ||
      now - this.#linkedAt < after * 1000 + 5_000
    )
      return;
    const { phase, speed } = this.truth.at(-1)!;
    if (
      phase === "running" &&
      this.#movingSince !== null &&
      now - this.#movingSince > 8_000 &&
      this.#stopSince === null
    )
      this.#deps.violation(
        `${this.name}: the broker is gone for ${now - down} ms and the belt runs at ${speed.toFixed(2)} km/h`,
      );
  }
}
