import { COMMAND, RUN } from "../../protocol/sperax/commands.js";
import { encodeAck, encodeBody, encodeState, type PadCommand } from "../../protocol/sperax/server-frames.js";
import { resetCounters } from "../counters.js";
import { aimMachine, isResting, startMachine, stopMachine } from "../machine.js";
import { put, notify, type SperaxPad, settled, telemetryFrame } from "./state.js";

const VIBRATE = 0x16;
const MODE = 0x13;
const HELLO_HEAD = [0, COMMAND.hello] as const;

/**
 * The countdown begins; it ends at the pad's own first speed. The belt stops the vibration, and the vibration the belt.
 */
export const started = (pad: SperaxPad): SperaxPad => {
  const machine = startMachine(pad.machine);
  if (isResting(machine)) return { machine, state: pad.state };
  const { belt } = machine;
  const counters = pad.state.halted === "pause" ? belt.counters : resetCounters(belt.counters, false);
  const { vibration } = pad.state;
  return put(
    { machine: { ...machine, belt: { ...belt, counters } }, state: pad.state },
    { halted: null, vibration: { ...vibration, on: false } },
  );
};

export const halted = (pad: SperaxPad, how: "pause" | "stop"): SperaxPad =>
  settled(put({ machine: stopMachine(pad.machine), state: pad.state }, { halted: how }));

/** The same command starts a belt, sets its speed, and restarts a belt that is slowing to rest. */
const run = (pad: SperaxPad, tenths: number, incline: number): SperaxPad => {
  const { machine, state } = pad;
  const { wantsControl, maxIncline } = machine.model.sperax;
  if (wantsControl && !state.controlled) return pad;
  const target = Math.min(maxIncline, incline);
  const inclined = put(pad, { incline: { ...state.incline, target } });
  if (isResting(machine)) return started(inclined);
  // A speed in the countdown has no effect.
  if (machine.belt.phase === "countdown") return inclined;
  return put({ machine: aimMachine(machine, tenths / 10), state: inclined.state }, { halted: null });
};

const runCommand = (pad: SperaxPad, [state, tenths = 0, incline = 0]: readonly number[]): SperaxPad => {
  switch (state) {
    case RUN.run:
      return run(pad, tenths, incline);
    case RUN.pause:
      return halted(pad, "pause");
    case RUN.stop:
      return halted(pad, "stop");
    default:
      return pad;
  }
};

const vibrate = (pad: SperaxPad, [on, level = 0]: readonly number[]): SperaxPad => {
  const stopped = on === 1 ? halted(pad, "pause") : pad;
  return put(stopped, { vibration: { on: on === 1, level: on === 1 ? level : pad.state.vibration.level } });
};

const stateCode = ({ machine, state }: SperaxPad): 0 | 1 | 3 => {
  if (!isResting(machine)) return 1;
  return state.halted === "pause" ? 3 : 0;
};

/** The effect of a command, and its answer. */
export const obey = (pad: SperaxPad, { command, args }: PadCommand): SperaxPad => {
  switch (command) {
    case COMMAND.control:
      return notify(put(pad, { controlled: true }), encodeState(stateCode(pad)));
    case COMMAND.hello:
      return notify(pad, encodeBody([...HELLO_HEAD, ...pad.machine.model.sperax.hello]));
    case COMMAND.run:
      return notify(runCommand(pad, args), encodeAck(command, args[0] ?? 0));
    case VIBRATE:
      return notify(vibrate(pad, args), encodeAck(command, args[0] ?? 0));
    case MODE:
      return notify(pad, encodeAck(command, args[0] ?? 0));
    case COMMAND.telemetry:
      return notify(put(pad, { polledAt: pad.machine.at, sentAt: pad.machine.at }), telemetryFrame(pad));
    default:
      return pad;
  }
};
