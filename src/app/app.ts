import type { BeltLeft } from "../api/page.js";
import { addressesOf, healthPayload, infoPayload } from "./bridge-info.js";
import type { Radio } from "../ble/radio.js";
import { BrokerOutage } from "./broker-outage.js";
import { type BrokerEndpoint, openBrokerEndpoint } from "./broker-endpoint.js";
import { type Clock, type StallWatch, watchStalls } from "../clock.js";
import type { Config } from "../config/config.js";
import { dailyGoals, padSettings, safetySettings, simulatedPads, walkSettings } from "../config/settings.js";
import { BridgeError } from "../domain/errors.js";
import { requestedSessions, sessionObject } from "./session-list.js";
import { allOf, type BeltReport, inOrder, type Stoppable } from "../process/lifecycle.js";
import type { Logger } from "../log/log.js";
import { Bridge } from "../mqtt/bridge.js";
import type { Broker, BrokerDeps, BrokerOptions } from "../mqtt/client/broker.js";
import { WEB_OFF, type Web } from "../web/web.js";
import { Pad } from "../pad/pad.js";
import { newPage, type PageOptions } from "./page.js";
import { answerRequest } from "./bridge-requests.js";
import { RefusedSubscriptions } from "./refused-subscriptions.js";
import { type SimulatedRadio, simulatedRadio } from "../sim/radio.js";
import type { Glance } from "./status-line.js";
import { keepPlace, readPlace } from "../store/place.js";
import { Store } from "../store/store.js";
import { holdStore } from "../store/hold.js";
import { logUnconfiguredPads } from "./unconfigured-pads.js";

export interface AppDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly version: string;
  readonly platform: NodeJS.Platform;
  /** Ends the program by the one path. */
  readonly restart: () => void;
  /** Absent: no page, whatever the configuration says. */
  readonly page?: PageOptions;
  /** The real radio; loads Bluetooth. */
  readonly realRadio: (adapter: number) => Promise<Radio>;
  /** Starts to connect, and goes on until closed. */
  readonly connectBroker: (options: BrokerOptions, deps: BrokerDeps) => Broker;
  readonly memoryUsage: () => { readonly rss: number; readonly heapUsed: number };
  /** 0 to 1. */
  readonly random: () => number;
  readonly timeZone: string;
}

/** The composition root: makes every part, knows how they hang together, and takes them down again. */
export class App implements Stoppable {
  readonly #config: Config;
  readonly #deps: AppDeps;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #startedAt: { readonly wall: number; readonly now: number };
  readonly #ends: (() => void)[] = [];
  readonly #watches: (() => void)[] = [];
  readonly #over = new AbortController();
  readonly #store: Store;
  #stalls: StallWatch;
  #radio: Radio | null = null;
  #simulator: SimulatedRadio | null = null;
  #pads: readonly Pad[] = [];
  #place: BrokerEndpoint | null = null;
  #bridge: Bridge | null = null;
  #page: Web | null = null;
  #before: Awaited<ReturnType<typeof readPlace>> = null;
  #letGoOfStore: () => void = () => undefined;
  readonly #outage: BrokerOutage | null;
  readonly #refused: RefusedSubscriptions;
  #brokerConnected = false;
  /** How the belts were left, before their links were closed. */
  #left: readonly BeltLeft[] = [];

  constructor(config: Config, deps: AppDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#log = deps.log;
    this.#clock = deps.clock;
    this.#startedAt = { wall: deps.clock.wall(), now: deps.clock.now() };
    this.#stalls = watchStalls(deps.clock);
    const { brokerLostStopAfter } = safetySettings(config);
    this.#outage =
      brokerLostStopAfter === null
        ? null
        : new BrokerOutage(deps.clock, brokerLostStopAfter, () => {
            for (const pad of this.#pads) pad.stopFor("broker_lost");
          });
    this.#refused = new RefusedSubscriptions(config.mqtt.base_topic, deps.log, (pads) => {
      for (const pad of this.#pads) pad.blockCommands(pads.includes(pad.settings.id));
      this.#infoChanged();
    });
    this.#store = new Store(config.store.path, {
      ...deps,
      retentionDays: config.store.retention_days,
      changed: () => this.#infoChanged(),
      stopDue: () => this.#pads.some((pad) => pad.stopWaits),
    });
  }

  /**
   * Brings everything up; a missing broker, adapter or pad is no reason not to. Rejects with a BridgeError for what
   * only the user can mend: a port in use, a second bridge on the store, a certificate that cannot be read.
   */
  async start(): Promise<void> {
    this.#letGoOfStore = await holdStore(this.#store, this.#config.store.path, this.#deps);
    this.#before = await readPlace(this.#config.store.path);
    if (this.#isOver()) return;
    this.#place = await openBrokerEndpoint(this.#config, this.#deps);
    this.#radio = await this.#openRadio();
    if (this.#isOver()) return;
    this.#pads = padSettings(this.#config).map((settings) => this.#newPad(settings));
    this.#bridge = this.#newBridge(this.#place, this.#radio);
    this.#brokerChanged(false);
    // The adapter itself says in the log what is wrong with it.
    this.#ends.push(this.#radio.onState(() => this.#infoChanged()));
    for (const pad of this.#pads) pad.start();
    this.#page = this.#newPage(this.#radio);
    if (this.#pads.length === 0)
      this.#ends.push(logUnconfiguredPads(this.#radio, this.#log, this.#over.signal));
    await this.#page?.start();
  }

  /** For the line on a terminal. */
  look(): Glance {
    const pads = this.#pads.map((pad) => ({ id: pad.settings.id, ...pad.view() }));
    return { brokerConnected: this.#brokerConnected, pads };
  }

  #isOver(): boolean {
    return this.#over.signal.aborted;
  }

  quiesce(reason: string): Promise<void> {
    this.#over.abort();
    this.#outage?.end();
    let stopped = Promise.resolve();
    const stop = (): void => {
      stopped = allOf(this.#pads.map((pad) => () => pad.shutdown.begin()));
    };
    return allOf([
      () => (this.#bridge ? this.#bridge.stopping(reason, stop) : stop()),
      () => stopped,
      () => this.#page?.stopping(reason),
    ]);
  }

  belts(signal: AbortSignal, hurry: AbortSignal): Promise<void> {
    return allOf(this.#pads.map((pad) => () => pad.shutdown.stop(signal, hurry)));
  }

  report(): BeltReport {
    return this.#pads.map((pad) => ({
      pad: pad.settings.id,
      verdict: pad.shutdown.verdict(),
      confirmed: pad.view().state.stopConfirmed,
    }));
  }

  save(): void {
    // From here on nothing is news: a link that closes is a change, and would set the mark of an unclean end again.
    for (const unwatch of this.#watches.splice(0)) unwatch();
    const report = this.report();
    this.#left = report.map(({ pad, verdict }) => ({ pad, belt: verdict }));
    for (const { pad, verdict, confirmed } of report)
      if (verdict === "rest" && confirmed) this.#store.clearCrashMark(pad);
    this.#store.end();
  }

  async links(): Promise<void> {
    try {
      await allOf(this.#pads.map((pad) => () => pad.close()));
    } finally {
      await this.#radio?.[Symbol.asyncDispose]();
    }
  }

  async goodbye(withinMs: number): Promise<void> {
    const end = this.#clock.now() + withinMs;
    await inOrder([
      () =>
        allOf([
          () => this.#bridge?.offline(withinMs * 0.7, "stopped"),
          () => this.#page?.offline(withinMs * 0.7, "stopped", this.#left),
        ]),
      () => this.#place?.embedded?.close(Math.max(0, end - this.#clock.now())),
      ...this.#ends.splice(0),
      () => this.#stalls.end(),
      () => this.#letGoOfStore(),
    ]);
  }

  async #openRadio(): Promise<Radio> {
    const { radio, adapter } = this.#config.bluetooth;
    if (radio === "noble") return this.#deps.realRadio(adapter);
    this.#simulator = simulatedRadio(simulatedPads(this.#config), this.#deps);
    return this.#simulator;
  }

  #newPad(settings: ReturnType<typeof padSettings>[number]): Pad {
    const safety = safetySettings(this.#config);
    const { clock, timeZone } = this.#deps;
    const { id } = settings;
    const pad = new Pad(settings, {
      clock,
      radio: this.#needRadio(),
      log: this.#log.child({ pad: id }),
      memory: this.#store,
      safety,
      journal: {
        walk: walkSettings(this.#config),
        goals: dailyGoals(this.#config),
        walkedOff: safety.walkedOff,
        timeZone,
      },
      ledger: this.#store.sessionStoreOf(id),
      crashedAt: this.#store.crashedAt(id),
    });
    const unwatch = pad.subscribe({
      changed: ({ state, crashedAt }) => {
        // An unclean end that the belt was not seen after keeps its mark as it is (safety rule 9).
        if (state.lastStatusAt !== null && crashedAt === null) this.#store.statusSeen(id, state.lastStatusAt);
      },
      happened: () => undefined,
    });
    this.#watches.push(unwatch);
    return pad;
  }

  #needRadio(): Radio {
    if (!this.#radio) throw new BridgeError("radio-unavailable", "The radio is not open.");
    return this.#radio;
  }

  #newBridge(place: BrokerEndpoint, radio: Radio): Bridge {
    const { homeassistant, mqtt } = this.#config;
    const { clock, log, version, random } = this.#deps;
    return new Bridge({
      base: mqtt.base_topic,
      version,
      homeAssistant: {
        enabled: homeassistant.enabled,
        discoveryPrefix: homeassistant.discovery_prefix,
        statusTopic: homeassistant.status_topic,
      },
      goals: dailyGoals(this.#config),
      pads: this.#pads,
      before: this.#before,
      keepPlace: (place) =>
        void keepPlace(this.#config.store.path, place).catch((err: unknown) =>
          log.debug({ err }, "Not remembered where the retained topics are"),
        ),
      clock,
      log,
      random,
      arrived: () => this.#stalls.arrived(),
      info: () => this.#info(radio),
      health: (broker) => this.#health(broker),
      request: (verb, fields, broker) =>
        answerRequest(verb, fields, {
          clock,
          radio,
          simulator: this.#simulator,
          addresses: addressesOf(this.#pads),
          health: () => this.#health(broker),
          sessions: (fields) => this.#store.sessions(requestedSessions(fields)).map(sessionObject),
          restart: this.#deps.restart,
          signal: this.#over.signal,
        }),
      onConnection: (connected) => this.#brokerChanged(connected),
      connect: (own, handlers) =>
        this.#deps.connectBroker(
          { ...place.target, ...own },
          {
            ...handlers,
            onSubscribed: (refused) => this.#refused.set(refused, this.#pads),
            clock,
            log,
          },
        ),
    });
  }

  #newPage(radio: Radio): Web | null {
    if (!this.#deps.page) return null;
    return newPage(this.#config, this.#deps.page, {
      ...this.#deps,
      radio,
      pads: this.#pads,
      store: this.#store,
      arrived: () => this.#stalls.arrived(),
      info: () => this.#info(radio),
      changed: () => this.#infoChanged(),
      signal: this.#over.signal,
    });
  }

  #info(radio: Radio): ReturnType<typeof infoPayload> {
    return infoPayload({
      version: this.#deps.version,
      startedAt: this.#startedAt.wall,
      radio: radio.state,
      store: this.#store.state,
      mqtt: this.#refused.state,
      web: this.#page?.state ?? WEB_OFF,
      pads: this.#pads,
      config: this.#config,
    });
  }

  #infoChanged(): void {
    this.#bridge?.infoChanged();
    this.#page?.infoChanged();
  }

  #health(broker: Broker): object {
    const uptime = this.#clock.now() - this.#startedAt.now;
    return healthPayload({ uptime, memory: this.#deps.memoryUsage(), broker, pads: this.#pads });
  }

  #brokerChanged(connected: boolean): void {
    this.#brokerConnected = connected;
    if (this.#over.signal.aborted) return;
    if (connected) this.#outage?.connected();
    else this.#outage?.lost();
  }
}
