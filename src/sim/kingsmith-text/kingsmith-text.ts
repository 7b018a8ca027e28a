import type { Behaviour } from "../behaviour.js";
import { stopMachine } from "../machine.js";
import { isIdleTooLong, liveText, pressText, textSpeaks, textSpeaksIn } from "./behaviour.js";
import { receiveText } from "./commands.js";
import { PANEL, put, type TextPad, unconnected } from "./state.js";

/** The value of the write characteristic: a left-over of the maker's app, `get_pk` (more-protocols 1.3). */
const LEFT_OVER = Uint8Array.from(Buffer.from("6A/1c2ar\r", "latin1"));

export const textBehaviour: Behaviour<TextPad> = {
  advance: liveText,
  receive(pad, characteristic, bytes) {
    const after = receiveText(pad, characteristic, bytes);
    return { pad: put(after, { outbox: [] }), notifications: after.state.outbox };
  },
  subscribe: (pad, characteristic) =>
    characteristic === pad.machine.model.text.notify
      ? put(pad, { subscribed: true, sentAt: pad.machine.at })
      : pad,
  nextNotificationIn: textSpeaksIn,
  notify: textSpeaks,
  valueOf: (pad, characteristic) => (characteristic === pad.machine.model.text.write ? LEFT_OVER : null),
  connected: unconnected,
  endsLink: (pad) => (isIdleTooLong(pad) ? "drop" : null),
  press: pressText,
  control: (pad, what) =>
    put(pad, {
      panelKeeps: what === "lost" ? pad.state.panelKeeps : what === "refused",
      controlMode: what === "allowed" ? pad.state.controlMode : PANEL,
    }),
  safetyKey(pad, inPlace) {
    const machine = { ...pad.machine, safetyKey: inPlace };
    return { machine: inPlace ? machine : stopMachine(machine), state: pad.state };
  },
  // Lines have no checksum: only its length can reveal a damaged notification.
  damaged: (bytes, at) => bytes.subarray(0, at),
};
