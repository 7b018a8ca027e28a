import { asError } from "../domain/errors.js";

/**
 * Runs what others have hung in here. Its error is thrown where nothing is half done: it ends the program by its one
 * path, and not the stop that is under way.
 */
export const apart = (run: () => void): void => {
  try {
    run();
  } catch (thrown) {
    queueMicrotask(() => {
      throw asError(thrown);
    });
  }
};
