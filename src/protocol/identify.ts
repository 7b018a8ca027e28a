import type { ProtocolName } from "../domain/pad.js";

// A pad with both services is used with its own protocol (wire-facts d, detection rule).
const BY_SERVICE: readonly (readonly [service: string, protocol: ProtocolName])[] = [
  ["fe00", "wilink"],
  ["1826", "ftms"],
  // more-protocols 1.1.
  ["0002123400001000800000805f9b34fb", "kingsmith-text"],
  ["0001123400001000800000805f9b34fb", "kingsmith-text"],
  ["fba0", "pitpat"], // more-protocols 3
];

/**
 * The protocol of a device that advertises these services (normalised UUIDs); null: none is specific. Services that
 * many other devices have (1234, FFF0, FFFF) identify nothing before their characteristics are known.
 */
export const identify = (services: Iterable<string>): ProtocolName | null => {
  const present = new Set(services);
  return BY_SERVICE.find(([service]) => present.has(service))?.[1] ?? null;
};
