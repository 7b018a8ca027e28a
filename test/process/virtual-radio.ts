import { join } from "node:path";
import { type Program, type ProgramOptions, ROOT } from "../support/program.js";
import type { HookRequest, HookSettings } from "../virtual-controller/hook.js";
import { START_MS } from "./pad-on-broker.js";

/** The real noble on a virtual controller, whose pads the test can reach: their remote, and the truth about their belt. */
export const onVirtualRadio = (
  settings: HookSettings,
): Required<Pick<ProgramOptions, "nodeFlags" | "env" | "ipc">> => ({
  nodeFlags: ["--require", join(ROOT, "test", "virtual-controller", "hook.cjs")],
  env: { VIRTUAL_CONTROLLER: JSON.stringify(settings) },
  ipc: true,
});

export interface HookReport {
  /** km/h. */
  readonly speed: number | null;
  /** Metres, milliseconds, steps. */
  readonly counters?: { readonly distance: number; readonly elapsed: number; readonly steps: number };
}

/** Asks the hook inside the program. */
export const sendToHook = (program: Program, request: HookRequest): Promise<HookReport> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`no answer to ${request.do}\n${program.output}`)),
      START_MS,
    );
    program.child.once("message", (answer) => {
      clearTimeout(timer);
      resolve(answer as HookReport);
    });
    program.child.send(request);
  });
