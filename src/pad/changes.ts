/** Those who wait for something to become true look whenever something may have changed. */
export class Changes {
  readonly #looks = new Set<() => void>();

  happened(): void {
    for (const look of [...this.#looks]) look();
  }

  /** Resolves when `condition` holds, or when one of the signals aborts. */
  until(condition: () => boolean, signals: readonly AbortSignal[]): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!condition() && !signals.some((signal) => signal.aborted)) return;
        this.#looks.delete(look);
        for (const signal of signals) signal.removeEventListener("abort", look);
        resolve();
      };
      this.#looks.add(look);
      for (const signal of signals) signal.addEventListener("abort", look);
      look();
    });
  }
}
