import { EventEmitter } from "node:events";
import { createRequire } from "node:module";
import type { HostSocket, VirtualController } from "./controller.js";

/** What the HCI sockets made from now on are connected to; null: as on a machine without Bluetooth. */
export interface Installed {
  controller: VirtualController | null;
}

/** uv_poll keeps a process alive as long as it polls; this much longer than any test is. */
const POLLING_MS = 2 ** 30;

const systemError = (syscall: string, code: string): Error =>
  Object.assign(new Error(`${code}, ${syscall}`), { code, syscall });

/**
 * Puts virtual sockets into the place of @abandonware/bluetooth-hci-socket, in this process and before noble is loaded:
 * its entry in the module cache is seeded. Assign `controller` to change what new sockets find.
 */
export const installVirtualSocket = (controller: VirtualController | null = null): Installed => {
  const installed: Installed = { controller };
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
    exports: socketClass(installed),
  };
  fromNoble.cache[filename] = module as unknown as NodeJS.Module;
  return installed;
};

/** The class that stands for the module's, as far as noble knows it (index.d.ts of the module). */
const socketClass = (installed: Installed): unknown =>
  class VirtualHciSocket extends EventEmitter implements HostSocket {
    readonly #controller: VirtualController;
    #polling: NodeJS.Timeout | null = null;

    constructor() {
      super();
      if (!installed.controller) throw systemError("socket", "EAFNOSUPPORT");
      this.#controller = installed.controller;
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
  };
