import type { Logger } from "../../log/log.js";
import type { HciBindings, Noble } from "./internals.js";

/**
 * A noble of our own for this adapter, not yet initialised. Rejects with an errno in `code` where there is no
 * Bluetooth.
 */
export const loadNoble = async (adapter: number, log: Logger): Promise<Noble> => {
  // The only import: loading it opens a Bluetooth socket on some platforms.
  const { default: create } = await import("@abandonware/noble/with-custom-binding.js");
  const noble = create({ deviceId: adapter }) as Noble;
  // With a listener noble does not write its warnings to the console.
  noble.on("warning", (message: unknown) => log.debug({ noble: message }, "Warning from noble"));
  return noble;
};

/** Null on platforms where the operating system owns the HCI. */
export const hciOf = ({ _bindings: bindings }: Noble): HciBindings | null =>
  "_hci" in bindings ? bindings : null;

const CLAIMED = ["SIGINT", "exit"] as const;

/**
 * Initialises noble's bindings once, without the socket: noble binds it only once, and polls it in a chain of timers
 * that nothing ends. noble then no longer writes its state to the console either. The bindings hook SIGINT, where they
 * call process.exit(1) when theirs is the last listener, and `exit`, where they drop the links: a stop in progress
 * would be cut off. Both listeners are removed.
 */
export const initialise = (noble: Noble): void => {
  const bindings = hciOf(noble);
  if (bindings) {
    bindings._hci.init = () => undefined;
    bindings.onStateChange = (state) => {
      if (bindings._state === state) return;
      bindings._state = state;
      bindings.emit("stateChange", state);
    };
  }
  const ours = new Map(CLAIMED.map((event) => [event, process.listeners(event as NodeJS.Signals)]));
  try {
    // Otherwise a listener on `stateChange` would make noble initialise itself a second time.
    noble.initialized = true;
    noble._bindings.init();
  } finally {
    for (const event of CLAIMED)
      for (const listener of process.listeners(event as NodeJS.Signals))
        if (!ours.get(event)?.includes(listener)) process.removeListener(event, listener);
  }
};
