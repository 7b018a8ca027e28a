import type { Radio } from "../ble/radio.js";
import { asError } from "../domain/errors.js";
import type { Logger } from "../log/log.js";
import { classify } from "./scan.js";

/** Without pads in the config, logs the pads that could be configured. Returns a function that ends it. */
export const logUnconfiguredPads = (radio: Radio, log: Logger, signal: AbortSignal): (() => void) => {
  log.warn({}, "No pads configured. Pads found nearby are listed below.");
  const told = new Set<string>();
  const hear = (advertisement: Parameters<typeof classify>[0]): void => {
    const { address, name, protocol, model, rssi } = classify(advertisement);
    if (protocol === null || told.has(address)) return;
    told.add(address);
    log.info({ address, protocol, model, rssi }, `Pad found: ${name ?? "no name"} at ${address}`);
  };
  const listen = (): void => {
    if (radio.state.state !== "on" || signal.aborted) return;
    radio.scan(hear, { signal }).catch((error: unknown) => log.debug({ err: asError(error) }, "Scan ended"));
  };
  listen();
  return radio.onState(listen);
};
