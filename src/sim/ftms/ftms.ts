import { tell, type FtmsPad, ftmsValue, unconnected } from "./state.js";
import type { Behaviour } from "../behaviour.js";
import { ftmsSafetyKey, ftmsSpeaks, ftmsSpeaksIn, liveFtms, pressFtms, subscribeFtms } from "./behaviour.js";
import { receiveFtms } from "./requests.js";

export const ftmsBehaviour: Behaviour<FtmsPad> = {
  live: liveFtms,
  receive(pad, characteristic, bytes) {
    const { machine, face } = receiveFtms(pad, characteristic, bytes);
    return { pad: { machine, face: { ...face, outbox: [] } }, notifications: face.outbox };
  },
  subscribe: subscribeFtms,
  speaksIn: ftmsSpeaksIn,
  speak: ftmsSpeaks,
  valueOf: ftmsValue,
  connected: unconnected,
  // wire-facts b.7.1.
  ends: ({ face }) => (face.crashed ? "crash" : null),
  press: pressFtms,
  control(pad, what) {
    const refusesControl = what === "lost" ? pad.face.refusesControl : what === "refused";
    const face = { ...pad.face, refusesControl, permitted: pad.face.permitted && what === "allowed" };
    const changed = { machine: pad.machine, face };
    return pad.face.permitted && what !== "allowed" ? tell(changed, { type: "control-lost" }) : changed;
  },
  safetyKey: ftmsSafetyKey,
  // FTMS has no checksum, so only its length can reveal a damaged notification.
  damaged: (bytes, at) => bytes.subarray(0, at),
};
