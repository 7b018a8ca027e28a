import type { Address } from "../../src/ble/radio.js";
import { advertisingReports, commandComplete, STATUS } from "./hci.js";
import type { Peripheral } from "./peripheral.js";

/** Milliseconds between two advertisements of a device. */
const ADVERTISING_MS = 20;

/** The advertisements that a controller receives while it scans. */
export class Scanner {
  readonly #peripherals: ReadonlyMap<Address, Peripheral>;
  readonly #isExtended: boolean;
  readonly #send: (...packets: readonly Buffer[]) => void;
  #timer: NodeJS.Timeout | null = null;

  constructor(
    peripherals: ReadonlyMap<Address, Peripheral>,
    isExtended: boolean,
    send: (...packets: readonly Buffer[]) => void,
  ) {
    this.#peripherals = peripherals;
    this.#isExtended = isExtended;
    this.#send = send;
  }

  get isOn(): boolean {
    return this.#timer !== null;
  }

  parameters(opcode: number): void {
    this.#send(commandComplete(opcode, this.isOn ? STATUS.disallowed : STATUS.success));
  }

  /** As CSR controllers do, one that is not scanning refuses to stop. */
  enable(opcode: number, on: boolean): void {
    const status = on === this.isOn ? STATUS.disallowed : STATUS.success;
    this.#send(commandComplete(opcode, status));
    if (status !== STATUS.success) return;
    this.stop();
    if (!on) return;
    this.#timer = setInterval(() => this.#advertise(), ADVERTISING_MS).unref();
    this.#advertise();
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  #advertise(): void {
    for (const peripheral of this.#peripherals.values())
      if (peripheral.advertising())
        for (const report of advertisingReports(peripheral, this.#isExtended)) this.#send(report);
  }
}
