import { readFileSync } from "node:fs";

/** Whether a process catches a signal. proc(5): SigCgt is the mask of caught signals in hex, signal 1 in its lowest bit. */
export const catches = (pid: number, signal: number): boolean => {
  const mask = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0";
  return ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n;
};

/** The process inside `unshare --fork --pid`, which is PID 1 in there, by the pid that it has out here. */
export const childOf = (pid: number): number | null => {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  return children[0] ? Number(children[0]) : null;
};
