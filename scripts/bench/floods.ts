/** A message of a flood, sent with QoS 0. */
interface FloodMessage {
  readonly topic: string;
  readonly payload: string;
  readonly retain?: boolean;
}

export interface Flood {
  /** Sent in turn. */
  readonly messages: readonly FloodMessage[];
  /** Nothing of it is dropped, so that no line of the log speaks of it. */
  readonly harmless?: true;
}

/** Walks all the time: its telemetry is watched, and its stop on SIGTERM. */
export const WALKER = "walker";
/** What the floods of commands are sent to. */
export const TARGET = "target";

const each = (count: number, message: (n: number) => FloodMessage): readonly FloodMessage[] =>
  Array.from({ length: count }, (_, n) => message(n));

const set = (payload: string): Flood => ({ messages: [{ topic: `flood/${TARGET}/set`, payload }] });
const request = (verb: string, payload: string): Flood => ({
  messages: [{ topic: `flood/bridge/request/${verb}`, payload }],
});

/** Somebody else's device, as Home Assistant's discovery has it. */
const DEVICE = JSON.stringify({
  device: { identifiers: "x", name: "x" },
  origin: { name: "zigbee2mqtt" },
  components: { x: { platform: "sensor", unique_id: "x", state_topic: "zigbee2mqtt/x" } },
});

/** What a broken automation or a hostile client sends. */
export const FLOODS: Readonly<Record<string, Flood>> = {
  // What the others are compared with: topics that the bridge does not listen to.
  elsewhere: { messages: [{ topic: "somewhere/else", payload: "x" }], harmless: true },
  "bad-json": set('{"belt":"ON","speed"'),
  // Above the limit it is parsed nevertheless: it may contain a stop.
  "bad-stop": set('{"belt":"off off stop pause 0","speed":0.'),
  // Messages for many pads, those that are measured included.
  "every-pad": {
    messages: [...each(10, (n) => ({ topic: `flood/p${n}/set`, payload: '{"speed":"fast"}' }))],
  },
  on: set("ON"),
  off: set("OFF"),
  get: { messages: [{ topic: `flood/${TARGET}/get`, payload: "" }] },
  sessions: request("sessions", "{}"),
  scan: request("scan", '{"seconds":1}'),
  "unknown-verbs": { messages: each(1_000, (n) => ({ topic: `flood/bridge/request/x${n}`, payload: "{}" })) },
  discovery: {
    messages: each(1_000, (n) => ({ topic: `homeassistant/device/x${n}/config`, payload: DEVICE })),
    harmless: true,
  },
  // Our own configs cleared again and again.
  cleared: {
    messages: [WALKER, TARGET, "bridge"].map((id) => ({
      topic: `homeassistant/device/flood_${id}/config`,
      payload: "",
    })),
    harmless: true,
  },
  birth: { messages: [{ topic: "homeassistant/status", payload: "online" }], harmless: true },
  state: { messages: [{ topic: "flood/bridge/state", payload: '{"state":"offline"}' }], harmless: true },
};
