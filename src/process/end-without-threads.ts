import type { ExitCode } from "./lifecycle.js";

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
 * Ends the process even if a thread of it waits for a disk that hangs: `process.exit` joins every thread first (seen with
 * Node 20 and 24, workers and libuv's own), and so would outlast any budget. The kernel's exec and kill do not. Without
 * exec the exit code is that of SIGKILL.
 */
export const endWithoutThreads = (code: ExitCode): void => {
  becomeExit(code);
  process.kill(process.pid, "SIGKILL");
};
