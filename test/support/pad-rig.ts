import type { Link, Radio } from "../../src/ble/radio.js";
import { sleep } from "../../src/clock.js";
import type { Command, Outcome } from "../../src/domain/command.js";
import { BridgeError } from "../../src/domain/errors.js";
import { type Faults, NO_FAULTS, SIMULATED_MODELS, type SimulatedModel } from "../../src/domain/faults.js";
import { type SessionStore, noRecords } from "../../src/domain/session-store.js";
import type { PadSettings, SafetySettings } from "../../src/domain/pad.js";
import type { Stats } from "../../src/domain/stats.js";
import { kmh, seconds } from "../../src/domain/units.js";
import type { Logger } from "../../src/log/log.js";
import { type Identity, noIdentity } from "../../src/domain/identity.js";
import type { PadEvent } from "../../src/pad/session/session-journal.js";
import { RightOfWay } from "../../src/pad/link/right-of-way.js";
import { Pad } from "../../src/pad/pad.js";
import { FTMS } from "../../src/protocol/ftms/gatt.js";
import type { Operation } from "../../src/protocol/protocol.js";
import { SUPPLEMENT } from "../../src/protocol/ftms/kingsmith-service.js";
import { parseRequest } from "../../src/protocol/ftms/server-frames.js";
import { opened } from "../../src/protocol/pitpat/frames.js";
import { VARIANTS as PITPAT } from "../../src/protocol/pitpat/gatt.js";
import { parseCommand as parsePitPat } from "../../src/protocol/pitpat/server-frames.js";
import { WRITE as SPERAX } from "../../src/protocol/sperax/gatt.js";
import { parseCommand as parseSperax } from "../../src/protocol/sperax/server-frames.js";
import { parseCommand } from "../../src/protocol/wilink/server-frames.js";
import { decoded, type TextPad } from "../../src/sim/kingsmith-text/state.js";
import { beltSpeed, type Pad as SimulatedPad, type PadOptions, remote } from "../../src/sim/pad.js";
import type { PeripheralSettings } from "../../src/sim/peripheral.js";
import { type SimulatedRadio, simulatedRadio } from "../../src/sim/radio.js";
import { ManualClock } from "./clock.js";
import { localDays } from "./local-days.js";

export const quiet: Logger = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  fatal: () => undefined,
  child: () => quiet,
};

/** Nothing is known, and nothing is kept. */
export const noSessionStore: SessionStore = { resume: () => noRecords, note: () => undefined };

export const SAFETY: SafetySettings = {
  allowStart: true,
  stopOnExit: true,
  standbyOnExit: true,
  stopAfterCrash: true,
  brokerLostStopAfter: null,
  walkedOff: { stop: false, after: 15_000 },
  maxSession: null,
};

export const SETTINGS: PadSettings = {
  id: "office",
  name: "Office",
  address: "57:4c:4e:00:11:22",
  advertisedName: null,
  taken: [],
  protocol: "auto",
  maxSpeed: null,
  minSpeed: null,
  startSpeed: null,
};

export const ADDRESS = "57:4c:4e:00:11:22";

/** The models that speak FTMS: two KingSmith families, a machine of the standard's, and one that counts in miles. */
export const FTMS_MODELS = ["z1", "mc21", "ftms", "tm11gy"] as const;

/** PitPat's three layouts, and all that speak neither WiLink nor FTMS nor KingSmith's text. */
export const PITPAT_MODELS = ["pitpat", "pitpat-b", "pitpat-c"] as const;
export const OTHER_MODELS = [...PITPAT_MODELS, "sperax"] as const;

/** Those that speak KingSmith's text lines. */
export const TEXT_MODELS = ["ks-c2", "x21"] as const;
/** A machine of every protocol and kind. */
export const ALL_MODELS: readonly SimulatedModel[] = ["c2", ...FTMS_MODELS, ...OTHER_MODELS, ...TEXT_MODELS];
export const isText = (model: SimulatedModel): boolean => TEXT_MODELS.some((each) => each === model);

/** A URTM028 reports rest in every status (safety rule 7). */
export const isSilent = (model: SimulatedModel): boolean => model === "urtm028";
/** The models whose statuses show what their belt does. */
export const MODELS_WITH_TELEMETRY = SIMULATED_MODELS.filter((model) => !isSilent(model));

export interface RigOptions {
  readonly model?: SimulatedModel;
  readonly pad?: PadOptions;
  readonly name?: string;
  readonly settings?: Partial<PadSettings>;
  readonly safety?: Partial<SafetySettings>;
  /** Milliseconds before the start. */
  readonly crashed?: number;
  readonly identity?: Identity;
  readonly ledger?: SessionStore;
  /** Other pads on the air. */
  readonly others?: readonly PeripheralSettings[];
}

/** A frame that reached the pad: `speed 3.5`, `mode manual`, else its operation. */
const named = (operation: Operation | null | undefined): string => {
  if (operation?.op === "speed") return `speed ${kmh(operation.speed)}`;
  if (operation?.op === "mode") return `mode ${operation.mode}`;
  return operation?.op ?? "unreadable";
};

/** What moves a belt. */
export const isMotion = (op: string): boolean => op === "start" || op.startsWith("speed");

/** What comes before an FTMS operation, or before all of them. */
export const isProcedure = (op: string): boolean => ["control", "preamble", "unlock"].includes(op);

/** What stops one: a person's OFF is a pause to a machine that knows one (docs/topics.md). */
export const isHalt = (op: string): boolean => op === "stop" || op === "pause";

/** A frame that was handed to a link, or that reached the pad. */
export interface Written {
  readonly at: number;
  readonly op: string;
}

/** PitPat's start and its speed are one command: the start is the gentler. */
const pitpatNamed = (bytes: Uint8Array): string => {
  const command = parsePitPat(opened(bytes) ?? bytes);
  if (command === null) return "unreadable";
  if (command === "heartbeat") return "poll";
  const { code, acceleration, speed } = command;
  if (code === 4) return acceleration === 1 ? "start" : `speed ${speed / 1000}`;
  return code === 0 ? "stop" : code === 2 ? "pause" : "unreadable";
};

/** Sperax's start is the same command as its speed, at 0.2 km/h, and so is its incline, which is a new one. */
const speraxNamed = (bytes: Uint8Array, pad?: SimulatedPad): string => {
  const read = parseSperax(bytes);
  if (!read) return "unreadable";
  const [state, tenths = 0, incline = 0] = read.args;
  const words = new Map([
    [0x00, "control"],
    [0x01, "preferences"],
    [0x19, "poll"],
  ]);
  if (read.command !== 0x15) return words.get(read.command) ?? "unreadable";
  // An incline says the belt's own speed again.
  const isIncline =
    pad &&
    "vibration" in pad.state &&
    (Math.round(pad.state.incline.actual) !== incline || Math.round(beltSpeed(pad) * 10) === tenths);
  if (state === 1) return tenths === 2 ? "start" : isIncline ? "incline" : `speed ${tenths / 10}`;
  return state === 0 ? "stop" : "pause";
};

/** A line of a text pad, as the pad itself reads it: what is no command, or not understood, moves nothing. */
const lineNamed = (text: string | null): string => {
  const [word, key, value = ""] = text?.split(" ") ?? [];
  if (word !== "props") return "poll";
  if (key === "CurrentSpeed") return `speed ${Number(value)}`;
  if (key === "runState") return value === "1" ? "start" : value === "0" ? "stop" : "unreadable";
  return key === "ControlMode" && value === "1" ? "control" : "unreadable";
};

export const isTextPad = (pad: SimulatedPad): pad is TextPad =>
  pad.machine.model.protocol === "kingsmith-text";

/** What a frame means to a pad in this state; null: it is a part of a line that has not ended. */
export const operationOf = (pad: SimulatedPad, characteristic: string, bytes: Uint8Array): string | null => {
  if (!isTextPad(pad)) return nameOf(characteristic, bytes, pad);
  const stream = pad.state.pending + Buffer.from(bytes).toString("latin1");
  return stream.endsWith("\r") ? lineNamed(decoded(pad.state, stream.slice(0, -1))) : null;
};

export type FrameNames = (characteristic: string, bytes: Uint8Array) => string | null;

/** Names the operations that are handed to one link, in order. */
export const handedOver = (pad: () => SimulatedPad): FrameNames => {
  let pending = "";
  return (characteristic, bytes) => {
    const now = pad();
    if (!isTextPad(now)) return nameOf(characteristic, bytes, now);
    const op = operationOf({ ...now, state: { ...now.state, pending } }, characteristic, bytes);
    pending = op === null ? pending + Buffer.from(bytes).toString("latin1") : "";
    return op;
  };
};

const nameOf = (characteristic: string, bytes: Uint8Array, pad?: SimulatedPad): string => {
  if (characteristic === FTMS.preamble) return "preamble";
  if (characteristic === SUPPLEMENT.write) return "unlock";
  if (PITPAT.some(({ write }) => write === characteristic)) return pitpatNamed(bytes);
  if (characteristic === SPERAX) return speraxNamed(bytes, pad);
  const wilink = parseCommand(bytes);
  if (wilink) return named(wilink.operation);
  const request = parseRequest(bytes);
  return request.op === "speed" ? `speed ${request.number / 100}` : request.op;
};

/** What else may happen between the bridge and a pad; for tests to set while the pad lives. */
export interface Air {
  /** Every notification comes twice; of a text pad they are one stream, in which nothing can. */
  doubled: boolean;
  /** Every notification comes once more after so many ms, when it is not true any more; null: none does. As above. */
  echo: number | null;
  /** One in so many writes without response never arrives, without an error; null: all arrive. */
  losesOneIn: number | null;
  /** No answer of a control point (2AD9) comes. */
  unanswered: boolean;
  /** The machine offers no control point (2AD9). */
  watchOnly: boolean;
  /** Milliseconds that a write takes, one after the other; 0: no time worth speaking of. */
  slow: number;
  /** So many writes with response are refused, as by ATT's "procedure already in progress". */
  refuses: number;
}

const heardThrough =
  (
    air: Air,
    clock: ManualClock,
    {
      characteristic,
      lost,
      isStream,
    }: { readonly characteristic: string; readonly lost: AbortSignal; readonly isStream: boolean },
    onBytes: (bytes: Uint8Array) => void,
  ) =>
  (bytes: Uint8Array): void => {
    const { doubled, echo, unanswered } = air;
    if (unanswered && characteristic === FTMS.controlPoint) return;
    onBytes(bytes);
    if (doubled && !isStream) onBytes(bytes);
    if (echo !== null && !isStream) clock.after(echo, () => !lost.aborted && onBytes(bytes));
  };

/** What goes through the radio's port, and a mouth to speak there in the pad's place. */
class Tap {
  /** What was handed to the pad's links. */
  readonly handed: Written[] = [];
  /** So many frames that was. */
  frames = 0;
  /** When what was subscribed to, on all links. */
  readonly subscribed: { readonly at: number; readonly characteristic: string }[] = [];
  /** What every read returns instead of the truth; null: the truth. */
  reads: Uint8Array | null = null;
  /** What reads of these characteristics return instead of the truth. */
  readonly answers = new Map<string, Uint8Array>();
  /** The bytes of `handed`, of every characteristic. */
  readonly bytes: Uint8Array[] = [];
  readonly #ears = new Map<string, (bytes: Uint8Array) => void>();

  listen(characteristic: string, onBytes: (bytes: Uint8Array) => void, at: number): void {
    this.subscribed.push({ at, characteristic });
    this.#ears.set(characteristic, onBytes);
  }

  say(characteristic: string, bytes: Uint8Array): void {
    this.#ears.get(characteristic)?.(bytes);
  }
}

const tapped = (radio: SimulatedRadio, clock: ManualClock, tap: Tap, air: Air): Radio => ({
  get state() {
    return radio.state;
  },
  onState: (listener) => radio.onState(listener),
  scan: (onAdvertisement, bounded) => radio.scan(onAdvertisement, bounded),
  async connect(address, bounded): Promise<Link> {
    const link = await radio.connect(address, bounded);
    let queue: Promise<void> = Promise.resolve();
    const names = handedOver(() => radio.pad(ADDRESS));
    const isStream = isTextPad(radio.pad(ADDRESS));
    return {
      address: link.address,
      name: link.name,
      services: air.watchOnly
        ? new Map(
            [...link.services].map(([id, all]) => [id, all.filter((each) => each !== FTMS.controlPoint)]),
          )
        : link.services,
      properties: link.properties,
      lost: link.lost,
      rssi: (to) => link.rssi(to),
      async read(characteristic, to) {
        const value = await link.read(characteristic, to);
        return tap.reads ?? tap.answers.get(characteristic) ?? value;
      },
      subscribe(characteristic, onBytes, to) {
        tap.listen(characteristic, onBytes, clock.now());
        const hear = heardThrough(air, clock, { characteristic, lost: link.lost, isStream }, onBytes);
        return link.subscribe(characteristic, hear, to);
      },
      write(characteristic, bytes, to) {
        const op = names(characteristic, bytes);
        tap.frames += 1;
        tap.bytes.push(bytes);
        if (op !== null) tap.handed.push({ at: clock.now(), op });
        if (to.response && air.refuses-- > 0)
          return Promise.reject(new BridgeError("write-failed", "the procedure is already in progress"));
        const isLost = !to.response && air.losesOneIn !== null && tap.frames % air.losesOneIn === 0;
        if (isLost) return Promise.resolve();
        if (air.slow === 0) return link.write(characteristic, bytes, to);
        const taken = queue.then(() => sleep(clock, air.slow, to.signal));
        queue = taken;
        return taken.then(() => link.write(characteristic, bytes, to));
      },
      [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
    };
  },
  [Symbol.asyncDispose]: () => radio[Symbol.asyncDispose](),
});

const padOf = (options: RigOptions, clock: ManualClock, radio: Radio, log: Logger) => {
  const identities = new Map<string, Identity>();
  const pad = new Pad(
    { ...SETTINGS, ...options.settings },
    {
      radio,
      rightOfWay: new RightOfWay(clock),
      clock,
      log,
      memory: {
        recall: (id) => identities.get(id) ?? options.identity ?? noIdentity,
        keep: (id, identity) => identities.set(id, identity),
      },
      safety: { ...SAFETY, ...options.safety },
      journal: {
        walk: {
          pauseTimeout: 15 * 60_000,
          minDuration: seconds(30),
          body: { weight: 75, age: null, height: null, sex: null },
        },
        goals: { distance: null, steps: null, duration: null, calories: null },
        walkedOff: { ...SAFETY, ...options.safety }.walkedOff,
        localDay: localDays("UTC"),
      },
      ledger: options.ledger ?? noSessionStore,
      crashedAt: options.crashed === undefined ? null : clock.wall() - options.crashed,
    },
  );
  return { pad, identities };
};

/** One pad on the simulated radio with a clock moved by hand: the real supervisor, scheduler and driver. */
export const padRig = (options: RigOptions = {}) => {
  const clock = new ManualClock();
  const { model = "c2", name = null, others = [] } = options;
  const own = {
    address: ADDRESS,
    name,
    model,
    faults: NO_FAULTS,
    options: { mode: "manual", ...options.pad },
  } as const;
  const arrived: Written[] = [];
  const radio = simulatedRadio([own, ...others], {
    clock,
    observe({ at, address, characteristic, bytes }, before) {
      const op = address === ADDRESS ? operationOf(before, characteristic, bytes) : null;
      if (op !== null) arrived.push({ at, op });
    },
  });
  const tap = new Tap();
  const { handed } = tap;
  const air: Air = {
    doubled: false,
    echo: null,
    losesOneIn: null,
    unanswered: false,
    watchOnly: false,
    slow: 0,
    refuses: 0,
  };
  const warnings: string[] = [];
  const news: string[] = [];
  const log: Logger = {
    ...quiet,
    info: (_, message) => void news.push(message),
    warn: (_, message) => void warnings.push(message),
    child: () => log,
  };
  const { pad, identities } = padOf(options, clock, tapped(radio, clock, tap, air), log);
  const events: PadEvent[] = [];
  pad.subscribe({ changed: () => undefined, happened: (event) => events.push(event) });

  const sendAt = (arrived: number, stale: Outcome | null, ...commands: Command[]): Outcome[] => {
    const outcomes: Outcome[] = [];
    const asked = commands.map((command) => ({
      command,
      respond: (outcome: Outcome) => void outcomes.push(outcome),
    }));
    pad.submit(asked, arrived, stale);
    return outcomes;
  };
  const send = (...commands: Command[]): Outcome[] => sendAt(clock.now(), null, ...commands);
  const wire = (since = 0): Written[] => arrived.filter(({ at }) => at >= since);

  return {
    model,
    clock,
    radio,
    pad,
    events,
    warnings,
    news,
    identities,
    /** Submits one message; its outcomes arrive in the array. */
    send,
    sendAt,
    state: () => pad.view().state,
    stats: (): Stats => {
      const { stats } = pad.view();
      if (!stats) throw new Error("what was walked is not known");
      return stats;
    },
    /** The truth about the belt, km/h. */
    speed: () => beltSpeed(radio.pad(ADDRESS)),
    phase: () => radio.pad(ADDRESS).machine.belt.phase,
    press: (key: Parameters<typeof remote>[1]) => radio.act(ADDRESS, (simulated) => remote(simulated, key)),
    faults: (faults: Partial<Faults>) => radio.setFaults(ADDRESS, { ...NO_FAULTS, ...faults }),
    tap,
    /** What was handed to a link, whether or not it arrived. */
    handed,
    air,
    wire,
    /** The operations that reached the pad since then; polls and preparing operations are left out. */
    frames: (since = 0) =>
      wire(since)
        .map(({ op }) => op)
        .filter((op) => op !== "poll" && op !== "preferences" && !isProcedure(op)),
    /** Sends one command and waits for its result: `ok` or its code. */
    ask: async (command: Command, limit = 30_000): Promise<string> => {
      const outcomes = send(command);
      await clock.until(() => outcomes.length > 0, limit);
      const [outcome] = outcomes;
      return outcome?.status === "error" ? outcome.code : "ok";
    },
    /** The outcomes of one message, when all its keys have theirs. */
    settled: async (outcomes: readonly Outcome[], keys = 1): Promise<readonly Outcome[]> => {
      await clock.until(() => outcomes.length >= keys, 60_000);
      return outcomes;
    },
    /** Runs until the pad is online. */
    online: async () => {
      pad.start();
      return clock.until(() => pad.view().available, 30_000);
    },
    /** Online, then the belt is started and settles at `kmh`. */
    walking: async (speed: number) => {
      pad.start();
      await clock.until(() => pad.view().available, 30_000);
      const outcomes = send({ key: "speed", value: speed });
      await clock.until(() => outcomes.length === 1, 60_000);
      if (outcomes[0]?.status !== "ok") throw new Error(`did not walk: ${JSON.stringify(outcomes)}`);
      await clock.advance(4_000);
    },
    /** Lets go of everything; the number of timers that are left. */
    close: async () => {
      await clock.settled(pad.close());
      await clock.settled(radio[Symbol.asyncDispose]());
      return clock.pending;
    },
  };
};

export type Rig = ReturnType<typeof padRig>;

/** The codes of outcomes, `ok` for those without. */
export const codes = (outcomes: readonly Outcome[]): string[] =>
  outcomes.map((outcome) => (outcome.status === "error" ? outcome.code : "ok"));

export const ON: Command = { key: "belt", value: "ON" };
export const OFF: Command = { key: "belt", value: "OFF" };
export const STOP: Command = { key: "command", value: "stop" };
export const speed = (value: number): Command => ({ key: "speed", value });
export const verb = (value: Extract<Command, { key: "command" }>["value"]): Command => ({
  key: "command",
  value,
});
export const mode = (value: Extract<Command, { key: "mode" }>["value"]): Command => ({ key: "mode", value });
export const link = (value: "ON" | "OFF"): Command => ({ key: "link", value });
