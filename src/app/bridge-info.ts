import type { RadioState } from "../ble/radio.js";
import { effective } from "../config/effective.js";
import type { Config } from "../config/config.js";
import type { Broker } from "../mqtt/client/broker.js";
import type { Pad } from "../pad/pad.js";
import type { InfoPayload } from "../api/page.js";
import type { StoreState } from "../store/store-state.js";

const addressOf = (pad: Pad): string | null =>
  pad.settings.address ?? pad.view().identity.bound?.address ?? null;

/** Pad id -> address, where it is known. */
export const addressesOf = (pads: readonly Pad[]): ReadonlyMap<string, string> =>
  new Map(
    pads.flatMap((pad) => {
      const address = addressOf(pad);
      return address === null ? [] : [[pad.settings.id, address] as const];
    }),
  );

export interface BridgeFacts {
  readonly version: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly radio: RadioState;
  readonly store: StoreState;
  readonly mqtt: InfoPayload["mqtt"];
  readonly web: InfoPayload["web"];
  readonly pads: readonly Pad[];
  readonly config: Config;
}

/** The payload of bridge/info (docs/topics.md): secrets are masked. */
export const infoPayload = ({
  version,
  startedAt,
  radio,
  store,
  mqtt,
  web,
  pads,
  config,
}: BridgeFacts): InfoPayload => ({
  version,
  started_at: new Date(startedAt).toISOString(),
  radio,
  store,
  mqtt,
  web,
  pads: pads.map((pad) => {
    const { protocol, model } = pad.view().identity;
    return { id: pad.settings.id, name: pad.settings.name, address: addressOf(pad), protocol, model };
  }),
  config: effective(config),
});

export interface HealthFacts {
  /** Milliseconds. */
  readonly uptime: number;
  readonly memory: { readonly rss: number; readonly heapUsed: number };
  readonly broker: Broker;
  readonly pads: readonly Pad[];
}

/** The payload of bridge/health (docs/topics.md). */
export const healthPayload = ({ uptime, memory, broker, pads }: HealthFacts): object => ({
  uptime: Math.round(uptime / 1000),
  memory: { rss: memory.rss, heap_used: memory.heapUsed },
  mqtt: mqttVitals(broker),
  pads: Object.fromEntries(pads.map((pad) => [pad.settings.id, padVitals(pad)])),
});

const mqttVitals = (broker: Broker): object => {
  const { inFlight, ...counters } = broker.counters();
  return { connected: broker.connected, ...counters, in_flight: inFlight };
};

const padVitals = (pad: Pad): object => {
  const { badFrames, ...counters } = pad.view().counters;
  return { ...counters, bad_frames: badFrames };
};
