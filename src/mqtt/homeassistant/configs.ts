import type { PadPort } from "../../api/pad-port.js";
import type { Goals } from "../../domain/stats.js";
import { bridgeDiscovery, type DiscoveryMessage, padDiscovery } from "./discovery.js";

interface Announced {
  readonly base: string;
  readonly version: string;
  readonly homeAssistant: { readonly discoveryPrefix: string };
  readonly pads: readonly Pick<PadPort, "settings" | "view">[];
  readonly goals: Goals;
}

/** The present device messages, the bridge's first. */
export const discoveryConfigs = ({
  base,
  version,
  homeAssistant: { discoveryPrefix },
  pads,
  goals,
}: Announced): readonly DiscoveryMessage[] => {
  const context = { base, version, discoveryPrefix };
  const messages = pads.map((pad) => {
    const { protocol, model, capabilities, bound } = pad.view().identity;
    const { id, name } = pad.settings;
    const address = pad.settings.address ?? bound?.address ?? null;
    return padDiscovery(context, { id, name, address, protocol, model, capabilities, goals });
  });
  return [bridgeDiscovery(context), ...messages];
};
