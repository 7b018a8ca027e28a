import { PadFeed } from "../api/pad-feed.js";
import { padPayload } from "../api/pad-payload.js";
import type {
  BeltLeft,
  BridgeEvent,
  PadPayload,
  ResultPayload,
  SetResponse,
  StopResponse,
} from "../api/page.js";
import type { PadPortEvent, PadPort, PadPortView } from "../api/pad-port.js";
import {
  availabilityPayload,
  bridgeStatePayload,
  decode,
  eventPayload,
  isObject,
  parseJson,
  type Result,
  resultPayload,
  statePayload,
  statsPayload,
} from "../api/payloads.js";
import { withoutStarts } from "../api/without-starts.js";
import { type ParsedSet, parseSet } from "../api/set-message.js";
import { submitSet } from "../api/submit-set.js";
import { type EventStreams, eventText } from "./event-streams.js";
import { HttpError, type WebDeps } from "./ports.js";

interface Entry {
  readonly pad: PadPort;
  readonly feed: PadFeed;
}

const OFF = parseSet("belt", new TextEncoder().encode("OFF"));

/** The live view of the bridge and its pads for the page, and the page's requests to them. */
export class LivePicture {
  readonly #deps: WebDeps;
  readonly #streams: EventStreams;
  readonly #pads: ReadonlyMap<string, Entry>;
  readonly #ends: (() => void)[];
  #bridge: BridgeEvent;
  #info = "";
  #padList = "";

  constructor(deps: WebDeps, streams: EventStreams) {
    this.#deps = deps;
    this.#streams = streams;
    this.#bridge = this.#stateEvent("online", null);
    this.#pads = new Map(
      deps.pads.map((pad) => {
        const { id } = pad.settings;
        const feed = new PadFeed(deps.clock, () => pad.view(), {
          availability: (payload) => streams.send("availability", { pad: id, ...payload }),
          state: (payload) => streams.send("state", { pad: id, ...payload }),
          stats: (payload) => streams.send("stats", { pad: id, ...payload }),
        });
        return [id, { pad, feed }];
      }),
    );
    this.#ends = [...this.#pads.values()].map(({ pad, feed }) =>
      pad.subscribe({
        changed: (view) => this.#changed(feed, view),
        happened: (event) => this.#happened(pad.settings.id, feed, event),
      }),
    );
  }

  /** The complete present state, as events. */
  picture(): string {
    const { info } = this.#deps;
    if (this.#streams.count === 0) this.#catchUp();
    const head = [
      eventText("bridge", this.#bridge),
      eventText("info", info()),
      eventText("pads", this.#list()),
    ];
    return [...head, ...[...this.#pads.values()].flatMap(({ pad }) => pictureOf(pad))].join("");
  }

  /**
   * Carries out a message on a pad; settles with the results of all its keys. `neverStarts`: no key may start a belt.
   */
  set(padId: string, body: Uint8Array, neverStarts: boolean): Promise<SetResponse> {
    const entry = this.#pads.get(padId);
    if (!entry) throw new HttpError(404, "unknown-pad", "No pad with this id is configured.");
    const parsed = parseSet(null, body);
    const [wrong] = parsed.rejected;
    // No key could be parsed: the request is invalid, not a command in it.
    if (
      parsed.commands.length === 0 &&
      wrong?.outcome.status === "error" &&
      !isObject(parseJson(decode(body) ?? ""))
    )
      throw new HttpError(400, wrong.outcome.code, wrong.outcome.message);
    return this.#submit(entry, neverStarts ? withoutStarts(parsed) : parsed);
  }

  /** OFF for every pad: for a page that has not received the pads yet. */
  async stop(): Promise<StopResponse> {
    const all = [...this.#pads].map(async ([pad, entry]) => {
      const results = await this.#submit(entry, OFF);
      return results.map((result) => ({ pad, ...result }));
    });
    return (await Promise.all(all)).flat();
  }

  #submit({ pad, feed }: Entry, parsed: ParsedSet): Promise<SetResponse> {
    const { clock } = this.#deps;
    const expected = parsed.commands.length + parsed.rejected.length;
    const results: ResultPayload[] = [];
    return new Promise((resolve) => {
      const answer = (result: Result): void => {
        // A result refers to the state, so the state is sent first (docs/topics.md, rates).
        if (this.#streams.count > 0) feed.flush();
        results.push(resultPayload(result));
        if (results.length === expected) resolve(results);
      };
      const context = { arrived: this.#deps.arrived(), now: () => clock.now(), wall: clock.wall(), answer };
      submitSet(pad, parsed, context);
    });
  }

  infoChanged(): void {
    if (this.#streams.count === 0) return;
    const info = this.#deps.info();
    const text = JSON.stringify(info);
    if (text === this.#info) return;
    this.#info = text;
    this.#streams.send("info", info);
  }

  stopping(reason: string): void {
    this.#bridge = this.#stateEvent("stopping", reason);
    this.#streams.send("bridge", this.#bridge);
  }

  /** The last event before the end. */
  offline(reason: string, belts: readonly BeltLeft[]): void {
    this.end();
    this.#bridge = { ...this.#stateEvent("offline", reason), belts };
    this.#streams.send("bridge", this.#bridge);
  }

  end(): void {
    for (const end of this.#ends.splice(0)) end();
    for (const { feed } of this.#pads.values()) feed.end();
  }

  #stateEvent(state: BridgeEvent["state"], reason: string | null): BridgeEvent {
    return bridgeStatePayload(state, { reason, since: this.#deps.clock.wall() });
  }

  #list(): readonly PadPayload[] {
    return this.#deps.pads.map((pad) => padPayload(pad, this.#deps.presets.get(pad.settings.id) ?? null));
  }

  /** Later changes are compared with the state that the first reader gets, not with an earlier reader's last state. */
  #catchUp(): void {
    for (const { feed } of this.#pads.values()) {
      feed.availability();
      feed.everything();
    }
    this.#info = JSON.stringify(this.#deps.info());
    this.#padList = JSON.stringify(this.#list());
  }

  /** Without readers nothing is sent: the next reader begins with the complete picture. */
  #changed(feed: PadFeed, view: PadPortView): void {
    if (this.#streams.count === 0) return;
    feed.changed(view);
    const list = this.#list();
    const text = JSON.stringify(list);
    if (text === this.#padList) return;
    this.#padList = text;
    this.#streams.send("pads", list);
    this.infoChanged();
  }

  #happened(id: string, feed: PadFeed, { type, at, session }: PadPortEvent): void {
    if (this.#streams.count === 0) return;
    feed.flush();
    this.#streams.send("event", { pad: id, ...eventPayload({ type, at, session: session ?? null }) });
  }
}

const pictureOf = (port: PadPort): readonly string[] => {
  const { available, state, stats } = port.view();
  const pad = port.settings.id;
  return [
    eventText("availability", { pad, ...availabilityPayload(available) }),
    eventText("state", { pad, ...statePayload(state) }),
    ...(stats === null ? [] : [eventText("stats", { pad, ...statsPayload(stats) })]),
  ];
};
