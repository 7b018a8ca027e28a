import type { Link } from "../../ble/radio.js";
import type { Logger } from "../../log/log.js";

/**
 * The same link, with every byte in the log at debug: needed for pads that are not supported yet. `masked` hides data
 * that could identify the pad's owner.
 */
export const traceLink = (
  link: Link,
  log: Logger,
  masked: (characteristic: string, bytes: Uint8Array) => Uint8Array,
): Link => {
  const note = (characteristic: string, bytes: Uint8Array, what: string): void => {
    // Formatted only when the line is written: usually the debug level is off.
    const hex = { toJSON: () => Buffer.from(masked(characteristic, bytes)).toString("hex") };
    log.debug({ characteristic, bytes: hex }, what);
  };
  return {
    address: link.address,
    name: link.name,
    services: link.services,
    properties: link.properties,
    lost: link.lost,
    rssi: (bounded) => link.rssi(bounded),
    async read(characteristic, bounded) {
      const bytes = await link.read(characteristic, bounded);
      note(characteristic, bytes, "read");
      return bytes;
    },
    write(characteristic, bytes, bounded) {
      note(characteristic, bytes, "written");
      return link.write(characteristic, bytes, bounded);
    },
    subscribe(characteristic, onBytes, bounded) {
      const traced = (bytes: Uint8Array): void => {
        note(characteristic, bytes, "notified");
        onBytes(bytes);
      };
      return link.subscribe(characteristic, traced, bounded);
    },
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  };
};
