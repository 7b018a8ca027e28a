import { open } from "node:fs/promises";

/**
 * Forces SQLite's log to the disk after each transaction, outside the main loop, which has belts to stop. With
 * `synchronous = NORMAL` SQLite itself leaves that to the kernel, which takes half a minute; a power cut must not cost
 * more of a session than `kill -9` does (safety rule 9). One call at a time, and one more for transactions in between.
 */
export class WalSync {
  readonly #path: string;
  readonly #sync: (path: string) => Promise<void>;
  #busy = false;
  #again = false;

  constructor(path: string, sync: (path: string) => Promise<void> = dataSync) {
    this.#path = path;
    this.#sync = sync;
  }

  request(): void {
    if (this.#busy) {
      this.#again = true;
      return;
    }
    this.#busy = true;
    // A failed sync leaves things as they were; a failing disk is reported by the next transaction.
    const done = (): void => {
      this.#busy = false;
      const again = this.#again;
      this.#again = false;
      if (again) this.request();
    };
    this.#sync(this.#path).then(done, done);
  }
}

/** Closing a file drops all POSIX locks of the process on it; SQLite locks the database and its -shm, never the log. */
const dataSync = async (path: string): Promise<void> => {
  const file = await open(path, "r+");
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
};
