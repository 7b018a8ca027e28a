// The one place of the page that knows the time: timers, and a monotonic clock that no one can set back.

/** Milliseconds of the browser's monotonic clock. */
export const monotonic = (): number => performance.now();

/** Calls every `ms` until the function that it returns is called. */
export const every = (ms: number, call: () => void): (() => void) => {
  const timer = setInterval(call, ms);
  return () => clearInterval(timer);
};

/** Calls once after `ms` unless the function that it returns is called first. */
export const after = (ms: number, call: () => void): (() => void) => {
  const timer = setTimeout(call, ms);
  return () => clearTimeout(timer);
};

export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Milliseconds of the day that the user sees on the wall. */
export const wallClock = (): number => Date.now();
