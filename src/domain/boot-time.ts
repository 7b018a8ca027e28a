/** A time that nothing can set. */
export interface BootTime {
  /** Identifies the boot. */
  readonly id: string;
  /** Milliseconds since then, suspend included. */
  readonly uptime: number;
}
