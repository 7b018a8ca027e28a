import type { Logger } from "../../log/log.js";
import type { HciBindings, Noble } from "./internals.js";

/** A noble of our own for this adapter, not yet initialised. Rejects with an errno in `code` where there is no Bluetooth. */
export const loadNoble = async (adapter: number, log: Logger): Promise<Noble> => {
  // Imported here and nowhere else: merely loading it opens a Bluetooth socket on some platforms.
  const { default: create } = await import("@abandonware/noble/with-custom-binding.js");
  const noble = create({ deviceId: adapter }) as Noble;
  // With a listener of ours noble does not write its warnings to the console.
  noble.on("warning", (message: unknown) => log.debug({ noble: message }, "Warning from noble"));
  return noble;
};

/** Null on platforms where the operating system, not noble, speaks HCI. */
export const hciOf = ({ _bindings: bindings }: Noble): HciBindings | null =>
  "_hci" in bindings ? bindings : null;

const CLAIMED = ["SIGINT", "exit"] as const;

/**
 * Initialises noble's bindings once, leaving the socket alone: noble binds it a single time, and looks at it in a chain
 * of timers that nothing ends. Nor does it write the state to the console any more. The bindings hook SIGINT, where
 * they call process.exit(1) when theirs is the last listener, and `exit`, where they drop the links: a stop of ours
 * would die half-way. Both are taken away again.
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
    // Or a listener on `stateChange` would make noble initialise itself once more.
    noble.initialized = true;
    noble._bindings.init();
  } finally {
    for (const event of CLAIMED)
      for (const listener of process.listeners(event as NodeJS.Signals))
        if (!ours.get(event)?.includes(listener)) process.removeListener(event, listener);
  }
};
