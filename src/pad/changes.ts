/** Those who wait for something to become true look whenever something may have changed. */
export class Changes {
  readonly #looks = new Set<() => void>();

  happened(): void {
    for (const look of [...this.#looks]) look();
  }

  /** Resolves when `condition` holds, or when the signal aborts. */
  until(condition: () => boolean, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!condition() && !signal.aborted) return;
        this.#looks.delete(look);
        signal.removeEventListener("abort", look);
        resolve();
      };
      this.#looks.add(look);
      signal.addEventListener("abort", look);
      look();
    });
  }
}
