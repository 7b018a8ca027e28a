import type { Clock } from "../clock.js";
import type { Capabilities, ProtocolName } from "../domain/pad.js";
import type { EventType, PadState } from "../domain/state.js";
import type { Goals, Session, Stats } from "../domain/stats.js";
import type { Logger } from "../log.js";
import { BridgeWord } from "./bridge-word.js";
import type { Broker, BrokerDeps, InMessage, OutMessage, Subscription } from "./broker.js";
import { bridgeDiscovery, type DiscoveryMessage, padDiscovery } from "./discovery.js";
import { HomeAssistant } from "./home-assistant.js";
import { type Answer, Inbound } from "./inbound.js";
import { type CommandTaker, takeSet } from "./inbox.js";
import { PadPublisher } from "./pad-publisher.js";
import { bridgeStatePayload, eventPayload, resultPayload } from "./payloads.js";
import { discoverySweep, type HomeAssistantTopics, subscriptions, type Topics, topics } from "./topics.js";

/** Contract 3: at the connect and each minute. */
const HEALTH_EVERY_MS = 60_000;
/** A pad as the bridge sees it. */
export interface BridgedPad extends CommandTaker {
  readonly settings: { readonly id: string; readonly name: string; readonly address: string | null };
  view(): {
    readonly available: boolean;
    readonly state: PadState;
    /** Null until the store has been read. */
    readonly stats: Stats | null;
    readonly identity: {
      readonly protocol: ProtocolName | null;
      readonly model: string | null;
      readonly capabilities: Capabilities | null;
      readonly bound: { readonly address: string } | null;
    };
  };
  subscribe(listener: {
    changed(): void;
    happened(
      pad: unknown,
      event: { readonly type: EventType; readonly at: number; readonly session?: Session },
    ): void;
  }): () => void;
}

export interface BridgeDeps {
  readonly base: string;
  readonly version: string;
  readonly homeAssistant: HomeAssistantTopics & { readonly enabled: boolean };
  readonly goals: Goals;
  readonly pads: readonly BridgedPad[];
  readonly clock: Clock;
  readonly log: Logger;
  readonly random: () => number;
  /** When what is read now came in, on the clock. */
  readonly arrived: () => number;
  /** The payloads of bridge/info and bridge/health. */
  readonly info: () => object;
  readonly health: (broker: Broker) => object;
  /** Answers bridge/request/<verb>; settles in bounded time. */
  readonly request: (verb: string, fields: Readonly<Record<string, unknown>>) => Promise<Answer>;
  /** The broker came or went. */
  readonly onConnection: (connected: boolean) => void;
  readonly connect: (
    own: { readonly will: OutMessage; readonly subscriptions: readonly Subscription[] },
    handlers: Pick<BrokerDeps, "onMessage" | "onReady" | "onLost">,
  ) => Broker;
}

const retained = (topic: string, payload: string): OutMessage => ({ topic, payload, retain: true, qos: 1 });
const passing = (topic: string, payload: object): OutMessage => ({
  topic,
  payload: JSON.stringify(payload),
  retain: false,
  qos: 1,
});

/** Pads on one side, topics on the other: what changes is published, what comes in is routed. */
export class Bridge {
  readonly #deps: BridgeDeps;
  readonly #topics: Topics;
  readonly #broker: Broker;
  readonly #word: BridgeWord;
  readonly #home: HomeAssistant;
  readonly #pads: ReadonlyMap<string, { readonly pad: BridgedPad; readonly publisher: PadPublisher }>;
  readonly #inbound: Inbound;
  readonly #ends: (() => void)[] = [];

  constructor(deps: BridgeDeps) {
    this.#deps = deps;
    this.#topics = topics(deps.base);
    const publish = (message: OutMessage): void => this.#broker.publish(message);
    this.#pads = new Map(
      deps.pads.map((pad) => {
        const { id } = pad.settings;
        const publisher = new PadPublisher(this.#topics.pad(id), deps.clock, () => pad.view(), publish);
        return [id, { pad, publisher }];
      }),
    );
    this.#word = new BridgeWord(deps.clock, deps.log, (text) =>
      publish(retained(this.#topics.bridge.state, text)),
    );
    this.#home = new HomeAssistant({
      base: deps.base,
      enabled: deps.homeAssistant.enabled,
      clock: deps.clock,
      log: deps.log,
      random: deps.random,
      configs: () => this.#configs(),
      publish,
      onBirth: () => this.#everything(),
    });
    this.#inbound = new Inbound({
      ...deps,
      set: (id, key, message) => this.#set(id, key, message),
      get: (id) => this.#get(id),
      respond: (verb, payload) => publish(passing(this.#topics.bridge.response(verb), payload)),
      bridgeState: (text) => this.#word.heard(text),
      status: (message) => this.#home.status(message),
      discovery: (message) => this.#home.seen(message),
      clear: (topic) => publish(retained(topic, "")),
    });
    this.#broker = this.#connect();
    this.#listen();
  }

  /** bridge/info has changed: radio, store, a pad's identity. */
  infoChanged(): void {
    this.#broker.publish(retained(this.#topics.bridge.info, JSON.stringify(this.#deps.info())));
  }

  /** Says `stopping` and goes on serving: nothing waits for the broker. */
  stopping(reason: string): void {
    this.#word.set("stopping", reason);
    this.#broker.publish(retained(this.#topics.bridge.state, this.#word.say()));
  }

  /** Pads offline, bridge offline and acknowledged, goodbye; all within the time. Idempotent. */
  async offline(withinMs: number, reason: string): Promise<void> {
    const { clock } = this.#deps;
    const end = clock.now() + withinMs;
    for (const { pad, publisher } of this.#pads.values()) {
      publisher.end();
      this.#broker.publish(retained(this.#topics.pad(pad.settings.id).availability, '{"state":"offline"}'));
    }
    this.#word.set("offline", reason);
    const last = retained(this.#topics.bridge.state, this.#word.say());
    await this.#broker.publishAcknowledged(last, withinMs / 2);
    this.end();
    await this.#broker.close(Math.max(0, end - clock.now()));
  }

  /** No timer and no listener stays behind. */
  end(): void {
    for (const end of this.#ends.splice(0)) end();
    for (const { publisher } of this.#pads.values()) publisher.end();
    this.#home.end();
    this.#word.end();
  }

  #connect(): Broker {
    const { base, homeAssistant, pads, onConnection } = this.#deps;
    const ids = pads.map((pad) => pad.settings.id);
    const own = subscriptions(base, ids, null);
    const status = homeAssistant.enabled ? [homeAssistant.statusTopic] : [];
    // The sweep shows our own configs being cleared, and those of pads that are gone.
    const filters = [...own, ...status, discoverySweep(homeAssistant.discoveryPrefix)];
    return this.#deps.connect(
      {
        will: retained(this.#topics.bridge.state, JSON.stringify(bridgeStatePayload("offline"))),
        subscriptions: filters.map((topic) => ({ topic, qos: 1 })),
      },
      {
        onMessage: (message) => this.#inbound.received(message),
        onReady: () => {
          this.#everything();
          onConnection(true);
        },
        onLost: () => onConnection(false),
      },
    );
  }

  #listen(): void {
    for (const { pad, publisher } of this.#pads.values()) {
      let identity = pad.view().identity;
      const stop = pad.subscribe({
        changed: () => {
          publisher.changed();
          const now = pad.view().identity;
          if (now === identity) return;
          identity = now;
          this.#home.update();
          this.infoChanged();
        },
        happened: (_, event) => this.#event(pad.settings.id, publisher, event),
      });
      this.#ends.push(stop);
    }
    const health = (): void =>
      this.#broker.publish({
        ...retained(this.#topics.bridge.health, JSON.stringify(this.#deps.health(this.#broker))),
        qos: 0,
      });
    this.#ends.push(this.#deps.clock.every(HEALTH_EVERY_MS, health));
  }

  /** The order of contract 5; `bridge/state` last, so that whoever reads `online` finds everything else there. */
  #everything(): void {
    const publishers = [...this.#pads.values()].map(({ publisher }) => publisher);
    this.#home.announce();
    for (const publisher of publishers) publisher.availability();
    for (const publisher of publishers) publisher.everything();
    this.infoChanged();
    this.#broker.publish({
      ...retained(this.#topics.bridge.health, JSON.stringify(this.#deps.health(this.#broker))),
      qos: 0,
    });
    this.#broker.publish(retained(this.#topics.bridge.state, this.#word.say()));
  }

  #event(
    id: string,
    publisher: PadPublisher,
    {
      type,
      at,
      session = null,
    }: { readonly type: EventType; readonly at: number; readonly session?: Session | null },
  ): void {
    publisher.flush();
    this.#broker.publish(passing(this.#topics.pad(id).event, eventPayload({ type, at, session })));
  }

  #configs(): readonly DiscoveryMessage[] {
    const { base, version, goals, homeAssistant } = this.#deps;
    const context = { base, version, discoveryPrefix: homeAssistant.discoveryPrefix };
    const pads = this.#deps.pads.map((pad) => {
      const { identity } = pad.view();
      const { id, name, address } = pad.settings;
      const { protocol, model, capabilities, bound } = identity;
      return padDiscovery(context, {
        id,
        name,
        address: address ?? bound?.address ?? null,
        protocol,
        model,
        capabilities,
        goals,
      });
    });
    return [bridgeDiscovery(context), ...pads];
  }

  #set(id: string, key: string | null, message: InMessage): void {
    const entry = this.#pads.get(id);
    if (!entry) return;
    takeSet(id, entry.pad, key, message, {
      ...this.#deps,
      answer: (pad, result) => {
        entry.publisher.flush();
        this.#broker.publish(passing(this.#topics.pad(pad).result, resultPayload(result)));
      },
    });
  }

  #get(id: string): void {
    const publisher = this.#pads.get(id)?.publisher;
    publisher?.availability();
    publisher?.everything();
  }
}
