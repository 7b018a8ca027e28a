import { bridgeStatePayload, eventPayload, type Result } from "../api/payloads.js";
import { PadFeed } from "../api/pad-feed.js";
import type { PadPortEvent, PadPort } from "../api/pad-port.js";
import type { BridgeDeps } from "./bridge-deps.js";
import { BridgeStateGuard } from "./bridge-state.js";
import type { Broker, InMessage, OutMessage } from "./client/broker.js";
import { discoveryConfigs } from "./homeassistant/configs.js";
import { Announcer } from "./homeassistant/announcer.js";
import { notRetained, responseMessage, resultMessage, retained, unknownMessages } from "./messages.js";
import { Cleaner } from "./cleaner.js";
import { Router } from "./router.js";
import { Screen } from "./screen.js";
import { type SetLimits, STORED_GET, handleSet } from "./set-messages.js";
import { StopMerger } from "./stop-merger.js";
import { subscriptions, type Topics, topics } from "./topics.js";

/** docs/topics.md: at the connect and each minute. */
const HEALTH_EVERY_MS = 60_000;

/** Connects pads and topics: changes are published, received messages are routed. */
export class Bridge {
  readonly #deps: BridgeDeps;
  readonly #topics: Topics;
  readonly #broker: Broker;
  readonly #stateGuard: BridgeStateGuard;
  readonly #announcer: Announcer;
  readonly #cleaner: Cleaner;
  readonly #pads: ReadonlyMap<
    string,
    { readonly pad: PadPort; readonly feed: PadFeed; readonly merger: StopMerger }
  >;
  readonly #router: Router;
  readonly #ends: (() => void)[] = [];
  /** The last bridge/info. */
  #info = "";
  /** The broker has received the first messages of this run. */
  #hasPublished = false;
  /** Messages that wait until `stopping` was published. */
  #held: OutMessage[] | null = null;

  constructor(deps: BridgeDeps) {
    this.#deps = deps;
    this.#topics = topics(deps.base);
    const publish = (message: OutMessage): void => this.#publish(message);
    this.#pads = new Map(
      deps.pads.map((pad) => {
        const { id } = pad.settings;
        const topic = this.#topics.pad(id);
        const feed = new PadFeed(deps.clock, () => pad.view(), {
          availability: (payload) => publish(retained(topic.availability, JSON.stringify(payload))),
          state: (payload) => publish(retained(topic.state, JSON.stringify(payload))),
          stats: (payload) => publish(retained(topic.stats, JSON.stringify(payload))),
        });
        return [id, { pad, feed, merger: new StopMerger(pad, deps.clock) }];
      }),
    );
    this.#stateGuard = new BridgeStateGuard(
      deps.clock,
      deps.log,
      (text) => publish(retained(this.#topics.bridge.state, text)),
      () => this.#publishAll(),
    );
    const { discoveryPrefix } = deps.homeAssistant;
    const now = { base: deps.base, discoveryPrefix, pads: [...this.#pads.keys()] };
    this.#cleaner = new Cleaner({ ...deps, now, publish });
    this.#announcer = new Announcer({
      base: deps.base,
      enabled: deps.homeAssistant.enabled,
      clock: deps.clock,
      log: deps.log,
      random: deps.random,
      configs: () => discoveryConfigs(deps),
      publish,
      onRemoved: (id) => this.#cleaner.removed(id),
      onBirth: () => {
        this.#announcer.announce();
        this.#publishAll();
      },
    });
    this.#router = new Router({
      ...deps,
      set: (...given) => this.#set(...given),
      get: (id, { retain }) => (retain ? this.#answer(id, STORED_GET) : this.#get(id)),
      request: (verb, fields) => deps.request(verb, fields, this.#broker),
      respond: (verb, payload) => publish(responseMessage(this.#topics.bridge.response(verb), verb, payload)),
      bridgeState: (text) => this.#stateGuard.onMessage(text),
      status: (message) => this.#announcer.status(message),
      discovery: (message) => this.#announcer.seen(message),
      clear: (topic) => publish(retained(topic, "")),
    });
    this.#broker = this.#connect();
    this.#listen();
  }

  /** bridge/info may have changed: radio, store, a pad's identity. */
  infoChanged(): void {
    if (JSON.stringify(this.#deps.info()) !== this.#info) this.#publishInfo();
  }

  /**
   * Runs `stop`, which stops the belts, and publishes `stopping` before all resulting changes (safety rule 8); keeps
   * serving. No belt waits for a message to the broker.
   */
  stopping(reason: string, stop: () => void): void {
    const held: OutMessage[] = [];
    this.#held = held;
    try {
      stop();
    } finally {
      this.#held = null;
      this.#stateGuard.set("stopping", reason);
      this.#publish(retained(this.#topics.bridge.state, this.#stateGuard.payload()));
      for (const message of held) this.#publish(message);
    }
  }

  /** Publishes pads `offline` and bridge `offline`, waits for its acknowledgement, disconnects; bounded. Idempotent. */
  async offline(withinMs: number, reason: string): Promise<void> {
    const { clock } = this.#deps;
    const end = clock.now() + withinMs;
    for (const { pad, feed } of this.#pads.values()) {
      feed.end();
      this.#broker.publish(retained(this.#topics.pad(pad.settings.id).availability, '{"state":"offline"}'));
    }
    this.#stateGuard.set("offline", reason);
    const last = retained(this.#topics.bridge.state, this.#stateGuard.payload());
    await this.#broker.publishAcknowledged(last, withinMs / 2);
    this.end();
    await this.#broker.close(Math.max(0, end - clock.now()));
  }

  #publish(message: OutMessage): void {
    if (this.#held) this.#held.push(message);
    else this.#broker.publish(message);
  }

  /** Removes every timer and listener. */
  end(): void {
    for (const end of this.#ends.splice(0)) end();
    for (const { feed, merger } of this.#pads.values()) {
      feed.end();
      merger.flush();
    }
    this.#router.end();
    this.#announcer.end();
    this.#cleaner.end();
    this.#stateGuard.end();
  }

  #connect(): Broker {
    const { base, homeAssistant, pads, onConnection } = this.#deps;
    const ids = pads.map((pad) => pad.settings.id);
    const { enabled, discoveryPrefix, statusTopic } = homeAssistant;
    const screen = new Screen(base, homeAssistant, this.#deps.clock);
    return this.#deps.connect(
      {
        will: retained(this.#topics.bridge.state, JSON.stringify(bridgeStatePayload("offline"))),
        subscriptions: subscriptions(base, ids, {
          discoveryPrefix,
          statusTopic: enabled ? statusTopic : null,
        }),
      },
      {
        onMessage: (message) => this.#router.received(message),
        screen: (...given) => screen.screen(...given),
        onUnread: (topic) => this.#router.unread(topic),
        onReady: () => {
          this.#announcer.announce(this.#cleaner.begin());
          if (!this.#hasPublished) this.#publishUnknown();
          this.#hasPublished = true;
          this.#publishAll();
          onConnection(true);
        },
        onLost: () => onConnection(false),
      },
    );
  }

  #listen(): void {
    for (const { pad, feed } of this.#pads.values()) {
      let identity = pad.view().identity;
      const stop = pad.subscribe({
        changed: (view) => {
          feed.changed(view);
          const now = view.identity;
          if (now === identity) return;
          identity = now;
          this.#announcer.update();
          this.infoChanged();
        },
        happened: (event) => this.#event(pad.settings.id, feed, event),
      });
      this.#ends.push(stop);
    }
    this.#ends.push(this.#deps.clock.every(HEALTH_EVERY_MS, () => this.#health()));
  }

  /**
   * The order of docs/topics.md, after discovery; `bridge/state` last, so that a client that reads `online` finds
   * everything else.
   */
  #publishAll(): void {
    const feeds = [...this.#pads.values()].map(({ feed }) => feed);
    for (const feed of feeds) feed.availability();
    for (const feed of feeds) feed.everything();
    this.#publishInfo();
    this.#health();
    this.#publish(retained(this.#topics.bridge.state, this.#stateGuard.payload()));
  }

  /** Before anything else of a pad (safety rule 9). */
  #publishUnknown(): void {
    for (const [id, { pad }] of this.#pads)
      for (const message of unknownMessages(this.#topics.pad(id), pad.view().state)) this.#publish(message);
  }

  #publishInfo(): void {
    this.#info = JSON.stringify(this.#deps.info());
    this.#publish(retained(this.#topics.bridge.info, this.#info));
  }

  #health(): void {
    const payload = JSON.stringify(this.#deps.health(this.#broker));
    this.#publish({ ...retained(this.#topics.bridge.health, payload), qos: 0 });
  }

  #event(id: string, feed: PadFeed, { type, at, session }: PadPortEvent): void {
    feed.flush();
    const payload = eventPayload({ type, at, session: session ?? null });
    this.#publish(notRetained(this.#topics.pad(id).event, payload));
  }

  #set(id: string, key: string | null, message: InMessage, limits: SetLimits): void {
    const entry = this.#pads.get(id);
    if (!entry) return;
    const answer = (pad: string, result: Result): void => {
      entry.feed.flush();
      this.#answer(pad, result);
    };
    handleSet(id, entry.merger, key, message, { ...this.#deps, answer }, limits);
  }

  #answer(pad: string, result: Result): void {
    const { command, value, outcome, tookMs } = result;
    const end = outcome.status === "ok" ? "ok" : outcome.code;
    this.#deps.log.debug({ pad, command, value, result: end, tookMs }, "Command result");
    this.#publish(resultMessage(this.#topics.pad(pad).result, result));
  }

  #get(id: string): void {
    const feed = this.#pads.get(id)?.feed;
    feed?.availability();
    feed?.everything();
  }
}
