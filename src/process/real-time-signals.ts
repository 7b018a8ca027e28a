/** signal(7) on Linux, as the C library counts: it uses 32 and 33 itself. */
const FIRST = 34;
const LAST = 64;

interface SignalHandle {
  onsignal: (number: number) => void;
  start(number: number): number;
  unref(): void;
}
interface Internals {
  binding(name: "signal_wrap"): { readonly Signal: new () => SignalHandle };
  noDeprecation?: boolean;
}

/**
 * A real-time signal ends a process by default, and container managers send one (SIGRTMIN+3, systemd's own stop
 * signal). `process.on` has no names for them; the internal binding below takes their numbers. It is deprecated: where
 * a later Node lacks it, these signals end the program as before (docker/node.c turns them into SIGTERM anyway).
 */
export const catchRealTimeSignals = (caught: (name: string) => void): void => {
  if (process.platform !== "linux") return;
  const internals = process as unknown as Internals;
  const before = internals.noDeprecation ?? false;
  internals.noDeprecation = true;
  try {
    const { Signal } = internals.binding("signal_wrap");
    for (let number = FIRST; number <= LAST; number++) {
      const handle = new Signal();
      handle.unref();
      handle.onsignal = () => caught(`SIGRTMIN+${number - FIRST}`);
      handle.start(number);
    }
  } catch {
    // This Node has no way to catch them.
  } finally {
    internals.noDeprecation = before;
  }
};
