import { EventEmitter } from "node:events";
import { systemError } from "../virtual-controller/socket.js";
import { H4 } from "./h4.js";

/** Between noble and the emulator; tests change it as they go. */
export interface Bus {
  /** Packets of the host that get stuck on their way to the controller. */
  stuck: (packet: Buffer) => boolean;
  /** Reads along. */
  onPacket: (from: "host" | "controller", packet: Buffer) => void;
}

export const newBus = (): Bus => ({ stuck: () => false, onPacket: () => undefined });

/** A controller of BlueZ's emulator as @abandonware/bluetooth-hci-socket, as far as noble knows that. */
export class EmulatedHciSocket extends EventEmitter {
  readonly #bus: Bus;
  #h4: H4 | null = null;

  constructor(bus: Bus) {
    super();
    this.#bus = bus;
  }

  bindRaw(): number {
    if (this.#h4) throw systemError("bind", "EALREADY");
    const take = (packet: Buffer): void => {
      this.#bus.onPacket("controller", packet);
      this.emit("data", packet);
    };
    this.#h4 = new H4(take, () => (this.#h4 = null));
    return 0;
  }

  bindUser(): number {
    return this.bindRaw();
  }

  isDevUp(): boolean {
    return this.#h4 !== null;
  }

  start(): void {
    // It reads from the beginning.
  }

  stop(): void {
    this.#h4?.end();
  }

  setFilter(): void {
    // Everything is let through.
  }

  write(packet: Buffer): void {
    this.#bus.onPacket("host", packet);
    if (!this.#bus.stuck(packet)) this.#h4?.send(packet);
  }
}
