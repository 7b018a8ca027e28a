import { EventEmitter } from "node:events";
import { createRequire } from "node:module";
import type { HostSocket, VirtualController } from "./controller.js";

/** What gives this process its HCI sockets; throws as a socket does. Assign to change what comes from then on. */
export interface HciSockets {
  make: () => object;
}

/** uv_poll keeps a process alive as long as it polls; this much longer than any test is. */
const POLLING_MS = 2 ** 30;

export const systemError = (syscall: string, code: string): Error =>
  Object.assign(new Error(`${code}, ${syscall}`), { code, syscall });

/**
 * Takes the place of @abandonware/bluetooth-hci-socket, in this process and before noble is loaded: its entry in the
 * module cache is seeded.
 */
export const replaceHciSocket = (make: HciSockets["make"]): HciSockets => {
  const sockets: HciSockets = { make };
  const fromHere = createRequire(import.meta.url);
  // From noble's own place, since that is from where it is required.
  const fromNoble = createRequire(fromHere.resolve("@abandonware/noble/with-custom-binding.js"));
  const filename = fromNoble.resolve("@abandonware/bluetooth-hci-socket");
  const module = {
    id: filename,
    filename,
    path: filename,
    loaded: true,
    children: [],
    paths: [],
    // Called with "new", which gives back what it returns.
    exports: function HciSocket() {
      return sockets.make();
    },
  };
  fromNoble.cache[filename] = module as unknown as NodeJS.Module;
  return sockets;
};

/** As on a machine without Bluetooth. */
export const noSocket = (): never => {
  throw systemError("socket", "EAFNOSUPPORT");
};

/** The module's class, as far as noble knows it (index.d.ts of the module). */
export class VirtualHciSocket extends EventEmitter implements HostSocket {
  readonly #controller: VirtualController;
  #polling: NodeJS.Timeout | null = null;

  constructor(controller: VirtualController) {
    super();
    this.#controller = controller;
  }

  bindRaw(): number {
    if (!this.#controller.isPlugged) throw systemError("bind", "ENODEV");
    if (this.#controller.denied === "EBUSY") throw systemError("bind", "EBUSY");
    if (this.#controller.isBound(this)) throw systemError("bind", "EALREADY");
    this.#controller.bind(this);
    return 0;
  }

  bindUser(): number {
    return this.bindRaw();
  }

  isDevUp(): boolean {
    return this.#controller.isUp;
  }

  start(): void {
    this.#polling ??= setInterval(() => undefined, POLLING_MS);
  }

  stop(): void {
    if (this.#polling) clearInterval(this.#polling);
    this.#polling = null;
    this.#controller.unbind(this);
  }

  setFilter(): void {
    // Everything is let through.
  }

  write(packet: Buffer): void {
    this.#controller.write(this, packet);
  }

  receive(packet: Buffer): void {
    if (this.#polling) this.emit("data", packet);
  }

  fail(code: string, message: string): void {
    this.emit("error", Object.assign(new Error(message), { code, syscall: "write" }));
  }
}
