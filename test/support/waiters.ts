/** Tests that wait for a condition, which is checked whenever something has changed. */
export class Waiters {
  readonly #checks = new Set<() => void>();

  changed(): void {
    for (const check of [...this.#checks]) check();
  }

  /** Rejects after `ms`, with `seen` in its message. */
  until(condition: () => boolean, ms: number, seen: () => string): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const check = (): void => {
        if (!condition()) return;
        clearTimeout(timer);
        this.#checks.delete(check);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#checks.delete(check);
        reject(new Error(`not within ${ms} ms: ${seen()}`));
      }, ms);
      this.#checks.add(check);
    });
  }
}
