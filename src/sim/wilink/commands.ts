import { TYPE } from "../../protocol/wilink/frames.js";
import { encodeHandshakeReply, parseCommand } from "../../protocol/wilink/server-frames.js";
import type { PadCommand } from "../../protocol/wilink/server-frames.js";
import { MODE_BYTES } from "../../protocol/wilink/replies.js";
import { aimMachine, isResting, startMachine, stopMachine } from "../machine.js";
import type { WiLinkMachine } from "./models.js";
import { preferencesFrame, recordFrame, statusFrame, used } from "./state.js";
import type { WiLinkPad } from "./state.js";

/** After standby every driver waits 1.0 s or more before it starts (wire-facts a.9): an earlier start is lost. */
const WAKING = 800;

/**
 * One write to FE02: its effect on the pad, and the answer on FE01. A broken frame is ignored silently, and so is one
 * within the gap of another, polls included.
 */
export const receiveWiLink = (
  pad: WiLinkPad,
  bytes: Uint8Array,
): { readonly pad: WiLinkPad; readonly reply: Uint8Array | null } => {
  const early = isEarly(pad);
  const seen = noticed(pad, early);
  const command = early ? null : parseCommand(bytes);
  const obeyed = command && obey(seen, command);
  return obeyed ? { pad: obeyed, reply: replyTo(command, obeyed) } : { pad: seen, reply: null };
};

/** Every driver leaves 0.69 s or more between two frames (wire-facts a.9): an earlier frame is lost. */
const isEarly = ({ machine, state }: WiLinkPad): boolean => machine.at - state.frameAt < state.gap;

const noticed = (pad: WiLinkPad, early: boolean): WiLinkPad => {
  const { machine, state } = pad;
  if (state.gap === 0 || (early && !state.gapRestarts)) return pad;
  return { machine, state: { ...state, frameAt: machine.at } };
};

/** Null: a frame that this pad does not support. */
const obey = (pad: WiLinkPad, command: PadCommand): WiLinkPad | null => {
  const { machine, state } = pad;
  switch (command.operation?.op) {
    case "poll":
    case "preferences":
    case "record":
      return pad;
    case "stop":
      return used({ machine: stopMachine(machine), state }, { appSpeed: 0 });
    case "start":
      return used({ machine: toggled(pad), state }, { appSpeed: command.arg });
    case "speed":
      // n is km/h×10, byte 14 km/h×30 (wire-facts a.7).
      return used({ machine: aimed(pad, command.arg), state }, { appSpeed: command.arg * 3 });
    case "mode":
      return switched(pad, command.arg);
    case "handshake":
      return used(pad, { unlocked: state.unlocked || (command.op === 0x60 && command.arg === 0x4a) });
    default:
      return obeySilently(pad, command);
  }
};

/** Commands that the bridge does not use: the beep, 03 07, and clearing the record, A7 AA 00 (wire-facts a.3, a.6). */
const obeySilently = (pad: WiLinkPad, { type, op, arg }: PadCommand): WiLinkPad | null => {
  if (type === TYPE.status && op === 3 && arg === 7) return used(pad, { appSpeed: arg });
  return type === TYPE.record && op === 0xaa && arg === 0 ? used(pad, { record: null }) : null;
};

const switched = (pad: WiLinkPad, mode: number): WiLinkPad => {
  const woken = pad.state.mode === MODE_BYTES.standby && mode !== MODE_BYTES.standby;
  return used(pad, { mode, appSpeed: mode, wokenAt: woken ? pad.machine.at : pad.state.wokenAt });
};

const replyTo = (command: PadCommand, pad: WiLinkPad): Uint8Array => {
  if (command.type === TYPE.handshake) return encodeHandshakeReply();
  if (command.type === TYPE.preferences) return preferencesFrame(pad.machine);
  return command.type === TYPE.record ? recordFrame(pad) : statusFrame(pad);
};

/** Whether start and speed have an effect: manual mode, awake for long enough, unlocked where that is required. */
const listens = ({ machine, state }: WiLinkPad): boolean =>
  state.mode === MODE_BYTES.manual &&
  machine.at - state.wokenAt >= WAKING &&
  (state.unlocked || !machine.model.wilink.needsHandshake);

/** 04 01 halts a belt that moves or counts down (wire-facts a.3). */
const toggled = (pad: WiLinkPad): WiLinkMachine => {
  if (!isResting(pad.machine)) return stopMachine(pad.machine);
  return listens(pad) ? startMachine(pad.machine) : pad.machine;
};

const aimed = (pad: WiLinkPad, n: number): WiLinkMachine => {
  const { model, belt, unit } = pad.machine;
  const deaf = belt.phase === "countdown" && model.wilink.deafInCountdown;
  return listens(pad) && !deaf ? aimMachine(pad.machine, (n / 10) * unit) : pad.machine;
};
