import type { ProtocolName } from "../domain/pad.js";

// A pad with both services is spoken to in its own protocol (wire-facts d, detection rule).
const BY_SERVICE: readonly (readonly [service: string, protocol: ProtocolName])[] = [
  ["fe00", "wilink"],
  ["1826", "ftms"],
];

/** The protocol of a device with these GATT services (normalised UUIDs), advertised or discovered; null: no pad of ours. */
export const identify = (services: Iterable<string>): ProtocolName | null => {
  const present = new Set(services);
  return BY_SERVICE.find(([service]) => present.has(service))?.[1] ?? null;
};
