/** Releases the mutex; a second call has no effect. */
export type Release = () => void;

/**
 * One holder at a time, in the order of the requests. A caller that aborts leaves the queue; the others keep their
 * order.
 */
export class Mutex {
  readonly #waiting: (() => void)[] = [];
  #taken = false;

  /** Resolves when the caller holds the mutex; rejects with the signal's reason when that aborts first. */
  acquire(signal: AbortSignal): Promise<Release> {
    return new Promise((resolve, reject) => {
      const grant = (): void => {
        signal.removeEventListener("abort", giveUp);
        resolve(this.#release());
      };
      const giveUp = (): void => {
        const place = this.#waiting.indexOf(grant);
        if (place >= 0) this.#waiting.splice(place, 1);
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the reason is the caller's
        reject(signal.reason);
      };
      if (signal.aborted) giveUp();
      else if (this.#taken) {
        this.#waiting.push(grant);
        signal.addEventListener("abort", giveUp, { once: true });
      } else {
        this.#taken = true;
        grant();
      }
    });
  }

  #release(): Release {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const next = this.#waiting.shift();
      if (next) next();
      else this.#taken = false;
    };
  }
}
