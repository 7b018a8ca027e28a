import { frame } from "./frames.js";

/** Command numbers, the same in both directions. */
export const COMMAND = { control: 0x00, hello: 0x01, run: 0x15, telemetry: 0x19 } as const;

/** First argument of the run command. */
export const RUN = { stop: 0, run: 1, pause: 2 } as const;

/**
 * All commands that the bridge can write. The other motor, the vibration (16), has no command here, nor have restart
 * (0C), clear (17) and the mode (13).
 */
export type Command =
  | { readonly type: "control" }
  | { readonly type: "hello" }
  | { readonly type: "poll" }
  | { readonly type: "stop" }
  | { readonly type: "pause" }
  /** Tenths of a km/h, and the incline, which every run command sets as well. */
  | { readonly type: "run"; readonly tenths: number; readonly incline: number };

const bodyOf = (command: Command): readonly number[] => {
  switch (command.type) {
    case "control":
      return [0, COMMAND.control];
    case "hello":
      return [0, COMMAND.hello];
    case "poll":
      return [0, COMMAND.telemetry];
    case "stop":
      return [0, COMMAND.run, RUN.stop, 0, 0];
    case "pause":
      return [0, COMMAND.run, RUN.pause, 0, 0];
    case "run":
      return [0, COMMAND.run, RUN.run, command.tenths, command.incline];
  }
};

export const encodeCommand = (command: Command): Uint8Array => frame(bodyOf(command));
