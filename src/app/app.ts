import { healthPayload, infoPayload } from "./bridge-info.js";
import { orAborted } from "../ble/deadline.js";
import type { Radio } from "../ble/radio.js";
import { Belts } from "./belts.js";
import { BrokerOutage } from "./broker-outage.js";
import { type BrokerEndpoint, openBrokerEndpoint } from "./broker-endpoint.js";
import { type Clock, type StallWatch, watchStalls } from "../clock.js";
import type { Config } from "../config/config.js";
import { padSettings, safetySettings, simulatedPads } from "../config/settings.js";
import { configuredPad } from "./configured-pad.js";
import { allOf, type BeltReport, inOrder, type Stoppable } from "../process/lifecycle.js";
import type { LocalDay } from "../domain/totals.js";
import type { Logger } from "../log/log.js";
import type { Bridge } from "../mqtt/bridge.js";
import type { BridgeDeps } from "../mqtt/bridge-deps.js";
import type { Broker, BrokerDeps, BrokerOptions } from "../mqtt/client/broker.js";
import { WEB_OFF, type Web } from "../web/web.js";
import { mqttBridge } from "./mqtt-bridge.js";
import { newPage, type PageOptions } from "./page.js";
import { RefusedSubscriptions } from "./refused-subscriptions.js";
import type { SimulatedRadio } from "../sim/radio.js";
import type { AppSummary } from "./status-line.js";
import { readPlace } from "../store/place.js";
import { Store } from "../store/store.js";
import { type HeldStore, holdStore } from "../store/hold.js";
import type { StorePort } from "../store/port.js";
import { RightOfWay } from "../pad/link/right-of-way.js";
import type { Pad } from "../pad/pad.js";
import { logUnconfiguredPads } from "./unconfigured-pads.js";

export interface AppDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly version: string;
  readonly platform: NodeJS.Platform;
  /** Ends the program by the shutdown path. */
  readonly restart: () => void;
  /** Absent: no page, whatever the configuration. */
  readonly page?: PageOptions;
  /** Creates the real radio; loads Bluetooth. */
  readonly realRadio: (adapter: number) => Promise<Radio>;
  /** Starts to connect, and reconnects until closed. */
  readonly connectBroker: (options: BrokerOptions, deps: BrokerDeps) => Broker;
  readonly memoryUsage: () => { readonly rss: number; readonly heapUsed: number };
  /** The disk of the store, for which nothing here waits. */
  readonly openStore: (storePath: string) => StorePort;
  /** 0 to 1. */
  readonly random: () => number;
  readonly localDay: LocalDay;
}

/** The composition root: creates every part, connects them, and closes them. */
export class App implements Stoppable {
  readonly #config: Config;
  readonly #deps: AppDeps;
  readonly #clock: Clock;
  readonly #startedAt: { readonly wall: number; readonly now: number };
  readonly #cleanups: (() => void)[] = [];
  readonly #ending = new AbortController();
  /** Why the program ends; set with `#ending`. */
  #reason = "";
  /** The pads are there, or never will be. */
  #padsStarted: Promise<void> = Promise.resolve();
  /** The belts have had their time: what has not started by now never will. */
  #isLate = false;
  readonly #store: Store;
  readonly #belts: Belts;
  #stalls: StallWatch;
  #radio: Radio | null = null;
  #simulator: SimulatedRadio | null = null;
  #endpoint: BrokerEndpoint | null = null;
  #bridge: Bridge | null = null;
  #page: Web | null = null;
  #held: HeldStore | null = null;
  /** A program that ends while its store is being opened waits for it, at most as long as a stage may. */
  #holding: Promise<HeldStore | null> | null = null;
  readonly #outage: BrokerOutage;
  readonly #refused: RefusedSubscriptions;
  #brokerConnected = false;

  constructor(config: Config, deps: AppDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#clock = deps.clock;
    this.#startedAt = { wall: deps.clock.wall(), now: deps.clock.now() };
    this.#stalls = watchStalls(deps.clock);
    const { brokerLostStopAfter } = safetySettings(config);
    this.#outage = new BrokerOutage(deps.clock, brokerLostStopAfter, () =>
      this.#belts.stopFor("broker_lost"),
    );
    this.#refused = new RefusedSubscriptions(config.mqtt.base_topic, deps.log, (pads) => {
      for (const pad of this.#belts.pads) pad.blockCommands(pads.includes(pad.settings.id));
      this.#infoChanged();
    });
    const { path, retention_days: retentionDays } = config.store;
    this.#store = new Store(path, deps.openStore(path), {
      ...deps,
      retentionDays,
      changed: () => this.#infoChanged(),
    });
    this.#belts = new Belts(
      padSettings(config).map(({ id }) => id),
      this.#store,
    );
  }

  /**
   * Starts everything; a missing broker, adapter or pad is no obstacle. Rejects with a BridgeError for errors that only
   * the user can fix: a port in use, a second bridge on the store, a certificate that cannot be read.
   */
  async start(): Promise<void> {
    this.#padsStarted = this.#startPads();
    await this.#padsStarted;
    if (this.#isOver() || !this.#radio) return;
    this.#page = this.#newPage(this.#radio);
    if (this.#belts.pads.length === 0)
      this.#cleanups.push(logUnconfiguredPads(this.#radio, this.#deps.log, this.#ending.signal));
    await this.#page?.start();
  }

  async #startPads(): Promise<void> {
    const holding = holdStore(this.#store, this.#config.store.path, this.#deps);
    this.#holding = holding.catch(() => null);
    this.#held = await holding;
    const isStalled = this.#store.state.state === "stalled";
    const before = isStalled ? null : await readPlace(this.#config.store.path);
    if (this.#isOvertaken()) return;
    const endpoint = await openBrokerEndpoint(this.#config, this.#deps).catch((refusal: unknown) =>
      this.#stopMarked(refusal),
    );
    this.#endpoint = endpoint;
    const radio = await this.#openRadio();
    if (this.#isOvertaken()) return;
    this.#belts.add(this.#newPads(radio));
    this.#bridge = this.#newBridge(endpoint, radio, before);
    this.#brokerChanged(false);
    this.#cleanups.push(radio.onState(() => this.#infoChanged()));
    await this.#beginPads();
  }

  /** A start that is refused still brings a belt to rest that a crash may have left moving (safety rule 9). */
  async #stopMarked(refusal: unknown): Promise<never> {
    if (this.#belts.marked.length > 0) {
      const radio = await this.#openRadio();
      this.#belts.add(this.#newPads(radio).filter((pad) => pad.shutdown.mustReturn));
      if (this.hasPads) this.#warnOfMarked();
      await this.#beginPads();
    }
    throw refusal;
  }

  #newPads(radio: Radio): readonly Pad[] {
    const rightOfWay = new RightOfWay(this.#clock);
    const parts = { ...this.#deps, radio, store: this.#store, rightOfWay };
    return padSettings(this.#config).map((each) => configuredPad(this.#config, each, parts));
  }

  async #beginPads(): Promise<void> {
    for (const pad of this.#belts.pads) pad.start();
    if (!this.#isOver()) return;
    this.#warnOfMarked();
    await this.quiesce(this.#reason);
  }

  #warnOfMarked(): void {
    this.#deps.log.warn(
      { pads: this.#belts.marked },
      "The last run ended without seeing these belts at rest. The bridge looks for them before it ends",
    );
  }

  /** For the line on a terminal. */
  summary(): AppSummary {
    const pads = this.#belts.pads.map((pad) => ({ id: pad.settings.id, ...pad.view() }));
    return { brokerConnected: this.#brokerConnected, pads };
  }

  /** There are belts in its care. */
  get hasPads(): boolean {
    return this.#belts.pads.length > 0;
  }

  /** A thread still waits for the disk, whatever was closed. */
  get diskIsBusy(): boolean {
    return this.#held?.isBusy ?? !this.#store.idle;
  }

  /** It has waited for so long that it may wait for ever. */
  get diskHangs(): boolean {
    return this.#store.state.state === "stalled";
  }

  #isOver(): boolean {
    return this.#ending.signal.aborted;
  }

  /** The program ends before the pads are there. Only one that a crash may have left moving is waited for (rule 9). */
  #isOvertaken(): boolean {
    return this.#isOver() && (this.#isLate || this.#belts.marked.length === 0);
  }

  quiesce(reason: string): Promise<void> {
    this.#reason = reason;
    let stopped = Promise.resolve();
    const stop = (): void => {
      stopped = this.#belts.begin();
    };
    return allOf([
      () => (this.#bridge ? this.#bridge.stopping(reason, stop) : stop()),
      () => stopped,
      () => this.#ending.abort(),
      () => this.#outage.end(),
      () => this.#page?.stopping(reason),
    ]);
  }

  async belts(signal: AbortSignal, hurry: AbortSignal): Promise<void> {
    const started = this.#padsStarted.catch(() => undefined);
    await orAborted(started, AbortSignal.any([signal, hurry])).catch(() => undefined);
    await this.#belts.stop(signal, hurry);
  }

  report(): BeltReport {
    return this.#belts.report();
  }

  save(): Promise<void> {
    this.#isLate = true;
    this.#belts.leave();
    return this.#store.end();
  }

  async links(): Promise<void> {
    try {
      await this.#belts.close();
    } finally {
      await this.#radio?.[Symbol.asyncDispose]();
    }
  }

  async offline(withinMs: number): Promise<void> {
    const end = this.#clock.now() + withinMs;
    await inOrder([
      () =>
        allOf([
          () => this.#bridge?.offline(withinMs * 0.7, "stopped"),
          () => this.#page?.offline(withinMs * 0.7, "stopped", this.#belts.left),
        ]),
      () => this.#endpoint?.embedded?.close(Math.max(0, end - this.#clock.now())),
      ...this.#cleanups.splice(0),
      () => this.#stalls.end(),
      async () => (await this.#holding)?.release(),
    ]);
  }

  async #openRadio(): Promise<Radio> {
    const { radio, adapter } = this.#config.bluetooth;
    if (radio === "noble") return (this.#radio = await this.#deps.realRadio(adapter));
    const { simulatedRadio } = await import("../sim/radio.js");
    this.#simulator = simulatedRadio(simulatedPads(this.#config), this.#deps);
    return (this.#radio = this.#simulator);
  }

  /** The dependencies that both faces of the bridge share. */
  #shared(radio: Radio) {
    return {
      ...this.#deps,
      radio,
      pads: this.#belts.pads,
      store: this.#store,
      arrived: () => this.#stalls.arrived(),
      info: () => this.#info(radio),
      signal: this.#ending.signal,
    };
  }

  #newBridge(endpoint: BrokerEndpoint, radio: Radio, before: BridgeDeps["before"]): Bridge {
    return mqttBridge(this.#config, {
      ...this.#shared(radio),
      endpoint,
      before,
      simulator: this.#simulator,
      health: (broker) => this.#health(broker),
      onConnection: (connected) => this.#brokerChanged(connected),
      onSubscribed: (refused) => this.#refused.set(refused, this.#belts.pads),
    });
  }

  #newPage(radio: Radio): Web | null {
    const { page } = this.#deps;
    const deps = { ...this.#shared(radio), changed: () => this.#infoChanged() };
    return page ? newPage(this.#config, page, deps) : null;
  }

  #info(radio: Radio): ReturnType<typeof infoPayload> {
    return infoPayload({
      version: this.#deps.version,
      startedAt: this.#startedAt.wall,
      radio: radio.state,
      store: this.#store.state,
      mqtt: this.#refused.state,
      web: this.#page?.state ?? WEB_OFF,
      pads: this.#belts.pads,
      config: this.#config,
    });
  }

  #infoChanged(): void {
    this.#bridge?.infoChanged();
    this.#page?.infoChanged();
  }

  #health(broker: Broker): object {
    const uptime = this.#clock.now() - this.#startedAt.now;
    return healthPayload({ uptime, memory: this.#deps.memoryUsage(), broker, pads: this.#belts.pads });
  }

  #brokerChanged(connected: boolean): void {
    this.#brokerConnected = connected;
    if (this.#ending.signal.aborted) return;
    if (connected) this.#outage.connected();
    else this.#outage.lost();
  }
}
