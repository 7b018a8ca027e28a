// The page's only access to time: timers, and a monotonic clock that no clock change affects.

/** Milliseconds of the browser's monotonic clock. */
export const monotonic = (): number => performance.now();

/** Calls `call` every `ms` until the returned function is called. */
export const every = (ms: number, call: () => void): (() => void) => {
  const timer = setInterval(call, ms);
  return () => clearInterval(timer);
};

/** Calls `call` once after `ms` unless the returned function is called first. */
export const after = (ms: number, call: () => void): (() => void) => {
  const timer = setTimeout(call, ms);
  return () => clearTimeout(timer);
};

export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Epoch milliseconds of the user's clock. */
export const wallClock = (): number => Date.now();
