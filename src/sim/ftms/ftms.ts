import { notifyEvent, type FtmsPad, ftmsValue, unconnected } from "./state.js";
import type { Behaviour } from "../behaviour.js";
import { ftmsSafetyKey, ftmsSpeaks, ftmsSpeaksIn, liveFtms, pressFtms, subscribeFtms } from "./behaviour.js";
import { receiveFtms } from "./requests.js";

export const ftmsBehaviour: Behaviour<FtmsPad> = {
  advance: liveFtms,
  receive(pad, characteristic, bytes) {
    const { machine, state } = receiveFtms(pad, characteristic, bytes);
    return { pad: { machine, state: { ...state, outbox: [] } }, notifications: state.outbox };
  },
  subscribe: subscribeFtms,
  nextNotificationIn: ftmsSpeaksIn,
  notify: ftmsSpeaks,
  valueOf: ftmsValue,
  connected: unconnected,
  // wire-facts b.7.1.
  endsLink: ({ state }) => (state.crashed ? "crash" : null),
  press: pressFtms,
  control(pad, what) {
    const refusesControl = what === "lost" ? pad.state.refusesControl : what === "refused";
    const state = { ...pad.state, refusesControl, permitted: pad.state.permitted && what === "allowed" };
    const changed = { machine: pad.machine, state };
    return pad.state.permitted && what !== "allowed"
      ? notifyEvent(changed, { type: "control-lost" })
      : changed;
  },
  safetyKey: ftmsSafetyKey,
  // FTMS has no checksum, so only its length can reveal a damaged notification.
  damaged: (bytes, at) => bytes.subarray(0, at),
};
