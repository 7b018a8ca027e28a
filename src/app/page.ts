import type { InfoPayload } from "../api/page.js";
import type { Radio } from "../ble/radio.js";
import { type Clock, sleep } from "../clock.js";
import type { Config } from "../config/config.js";
import { padPresets } from "../config/settings.js";
import type { LocalDay } from "../domain/totals.js";
import type { Logger } from "../log/log.js";
import type { Pad } from "../pad/pad.js";
import { heartbeatAge, isAlive } from "../store/heartbeat.js";
import type { Store } from "../store/store.js";
import { Web } from "../web/web.js";
import { addressesOf } from "./bridge-info.js";
import { history } from "./history.js";
import { addPad, type PadsFile, padsInRange } from "./pads-in-range.js";

/** What the page needs from the program around the bridge. */
export interface PageOptions extends PadsFile {
  /** The folder of the built page. */
  readonly folder: string;
  /** When the port is in use, take another one: for the demo. */
  readonly orAnyPort: boolean;
  /** The program runs on a terminal: nothing starts it again. */
  readonly onTerminal: boolean;
  /** Ends the program by the shutdown path. */
  readonly end: (reason: "restart" | "shutdown") => void;
}

export interface PageDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly localDay: LocalDay;
  readonly radio: Radio;
  readonly pads: readonly Pad[];
  readonly store: Store;
  readonly arrived: () => number;
  readonly info: () => InfoPayload;
  readonly changed: () => void;
  readonly signal: AbortSignal;
}

/** While a stop waits for its frame, nothing else may block the main loop for long. */
const PAUSE_MS = 20;

/** The page's server; null where the configuration disables it. */
export const newPage = (config: Config, options: PageOptions, deps: PageDeps): Web | null => {
  const { web } = config;
  if (!web.enabled) return null;
  const { clock, radio, signal, pads, store, localDay } = deps;
  const pause = async (): Promise<void> => {
    do await sleep(clock, PAUSE_MS);
    while (pads.some((pad) => pad.stopWaits));
  };
  const configured = (): readonly { readonly id: string; readonly address: string | null }[] => {
    const known = addressesOf(pads);
    return config.pads.map(({ id, address }) => ({ id, address: address ?? known.get(id) ?? null }));
  };
  return new Web({
    ...deps,
    folder: options.folder,
    settings: {
      host: web.host,
      port: web.port,
      password: web.password,
      trustedProxy: web.trusted_proxy,
      orAnyPort: options.orAnyPort,
    },
    presets: padPresets(config),
    healthy: async () => isAlive(await heartbeatAge(config.store.path, clock.wall())),
    history: history(store, { localDay, pause }),
    scan: (body) => padsInRange(body, { radio, clock, signal, configured: configured() }),
    addPad: (body) => addPad(body, options),
    end: options.end,
    onTerminal: options.onTerminal,
  });
};
