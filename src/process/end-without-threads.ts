import type { ExitCode } from "./lifecycle.js";

/** What libuv's threads do, as Node.js names it: files, and names of hosts. */
const POOL = ["FSReqCallback", "FSReqPromise", "GetAddrInfoReqWrap"];

/**
 * A thread of libuv waits for a disk, or for a name server: `getaddrinfo` takes as long as the resolver's timeouts, and
 * cannot be cancelled.
 */
export const poolIsBusy = (): boolean => process.getActiveResourcesInfo().some((one) => POOL.includes(one));

/** The exit code can be kept even while a thread waits. */
export const keepsExitCode = (): boolean => typeof Reflect.get(process, "execve") === "function";

/** Replaces this process by one that ends with `code`; since Node 22.15. */
const becomeExit = (code: ExitCode): void => {
  const execve: unknown = Reflect.get(process, "execve");
  if (typeof execve !== "function") return;
  try {
    Reflect.apply(execve, process, [process.execPath, [process.execPath, "-e", `process.exit(${code})`], {}]);
  } catch {
    // Not on this platform.
  }
};

/**
 * Ends the process even if a thread of it waits for a disk or a name server that hangs: `process.exit` joins every
 * thread first (seen with Node 20 and 24, workers and libuv's own), and so would outlast any budget. The kernel's exec
 * and kill do not. Without exec the exit code is that of SIGKILL.
 */
export const endWithoutThreads = (code: ExitCode): void => {
  becomeExit(code);
  process.kill(process.pid, "SIGKILL");
};
