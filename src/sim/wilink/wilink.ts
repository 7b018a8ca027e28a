import type { Behaviour } from "../behaviour.js";
import { isResting, runMachine, stopMachine } from "../machine.js";
import { follow, press } from "./behaviour.js";
import { receiveWiLink } from "./commands.js";
import { statusFrame, type WiLinkPad } from "./state.js";

/** WiLink pads answer every write, subscribed or not, and never notify without one (wire-facts a.3). */
export const wilinkBehaviour: Behaviour<WiLinkPad> = {
  advance: (pad, ms) => follow(pad.machine, { machine: runMachine(pad.machine, ms), state: pad.state }),
  receive(pad, characteristic, bytes) {
    if (characteristic !== "fe02") return { pad, notifications: [] };
    const answer = receiveWiLink(pad, bytes);
    const after = follow(pad.machine, answer.pad);
    return {
      pad: after,
      notifications: answer.reply ? [{ characteristic: "fe01", bytes: answer.reply }] : [],
    };
  },
  subscribe: (pad) => pad,
  nextNotificationIn: () => null,
  notify: (pad) => ({ pad, notifications: [] }),
  valueOf: (pad, characteristic) => (characteristic === "fe01" ? statusFrame(pad) : null),
  connected: ({ machine, state }) => ({ machine, state: { ...state, unlocked: false } }),
  endsLink: () => null,
  press(pad, key) {
    if (key === "stop" && isResting(pad.machine)) return pad;
    return follow(pad.machine, press(pad, key === "stop" ? "start-stop" : key));
  },
  control: (pad) => pad,
  safetyKey(pad, inPlace) {
    const machine = { ...pad.machine, safetyKey: inPlace };
    return follow(pad.machine, { machine: inPlace ? machine : stopMachine(machine), state: pad.state });
  },
  damaged: (bytes, at) => bytes.map((byte, index) => (index === at ? byte ^ 0x10 : byte)),
};
