import type { Advertisement, Radio } from "../ble/radio.js";
import type { Clock } from "../clock.js";
import type { ProtocolName } from "../domain/pad.js";
import { withoutHidden } from "../domain/visible.js";
import { identify } from "../protocol/identify.js";
import { modelFor, recogniseByName } from "../protocol/models.js";

/** A classified advertiser; `protocol` is null where nothing identifies it as a pad. */
export interface FoundDevice {
  readonly address: string;
  readonly name: string | null;
  /** dBm. */
  readonly rssi: number | null;
  /** A protocol, or "unsupported": a pad with none of the supported protocols. */
  readonly protocol: string | null;
  readonly model: string | null;
}

export const classify = ({ address, name, rssi, services }: Advertisement): FoundDevice => {
  const offered = identify(services);
  const known = name === null ? null : recogniseByName(name);
  // The services decide before the name, where the device offers them.
  const protocol = offered ?? known?.protocol ?? null;
  const model =
    offered === null ? known?.model : offered === known?.protocol ? known.model : nameIn(offered, name);
  return { address, name, rssi, protocol, model: model ?? null };
};

/** The model of this protocol that is known under this name; null where there is none. */
const nameIn = (protocol: ProtocolName, name: string | null): string | null => {
  const model = modelFor(protocol, name);
  return model.advertised === null ? null : model.name;
};

/** Names come in scan responses: a later advertisement may lack the name of an earlier one. */
const merge = (before: Advertisement | undefined, now: Advertisement): Advertisement => ({
  address: now.address,
  name: now.name ?? before?.name ?? null,
  rssi: now.rssi ?? before?.rssi ?? null,
  services: [...new Set([...(before?.services ?? []), ...now.services])],
});

/** Pads before other devices, the nearest first. */
const rank = ({ protocol, rssi }: FoundDevice): number => (protocol === null ? -1000 : 0) + (rssi ?? -128);

/** Every device that advertises within `ms`. Rejects with the BridgeError that keeps the radio from scanning. */
export const scanFor = async (
  radio: Radio,
  clock: Clock,
  ms: number,
  signal: AbortSignal,
): Promise<readonly FoundDevice[]> => {
  const seen = new Map<string, Advertisement>();
  const over = new AbortController();
  const end = (): void => over.abort();
  signal.addEventListener("abort", end, { once: true });
  const cancel = clock.after(ms, end);
  const hear = (now: Advertisement): void => {
    seen.set(now.address, merge(seen.get(now.address), now));
  };
  try {
    await radio.scan(hear, { signal: over.signal });
  } finally {
    cancel();
    signal.removeEventListener("abort", end);
  }
  return [...seen.values()].map(classify).sort((a, b) => rank(b) - rank(a));
};

/** A `pads:` entry for the config. */
export interface PadProposal {
  readonly id: string;
  readonly name: string;
  readonly address: string;
}

/** Entries for the pads among the sightings, with ids made from their names and not in use yet. */
export const padProposals = (
  sightings: readonly FoundDevice[],
  used: readonly { readonly id: string; readonly address: string | null }[],
): readonly PadProposal[] => {
  const ids = new Set(used.map(({ id }) => id));
  const addresses = new Set(used.map(({ address }) => address));
  return sightings
    .filter(
      ({ protocol, address }) => protocol !== null && protocol !== "unsupported" && !addresses.has(address),
    )
    .map(({ address, name: advertised, model }) => {
      // A saved name must be readable again, by the loader and by people.
      const name = withoutHidden(advertised ?? "") || model;
      const id = freeId(name ?? "pad", ids);
      ids.add(id);
      return { id, name: name ?? "Walking pad", address };
    });
};

/** docs/configuration.md: [a-z0-9_-]{1,32}, not "bridge". */
const freeId = (name: string, taken: ReadonlySet<string>): string => {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 24);
  const base = plain === "" || plain === "bridge" ? "pad" : plain;
  for (let n = 1; ; n++) {
    const id = n === 1 ? base : `${base}-${n}`;
    if (!taken.has(id)) return id;
  }
};
