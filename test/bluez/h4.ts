import { connect, type Socket } from "node:net";
import { ACL, COMMAND } from "../virtual-controller/hci.js";

/** Where `btvirt -s` listens: each connection is an LE controller of its own (BlueZ, emulator/main.c). */
export const LE_SOCKET = "/tmp/bt-server-le";

/** The packet types of H4 (Core spec Vol 4 Part A 2), and where the length of each is. */
const lengthOf = (bytes: Buffer): number | null => {
  const wide = bytes[0] === ACL;
  const at = wide || bytes[0] === COMMAND ? 3 : 2;
  if (bytes.length < at + (wide ? 2 : 1)) return null;
  return wide ? at + 2 + bytes.readUInt16LE(at) : at + 1 + bytes.readUInt8(at);
};

/** A controller at the other end of a stream. */
export class H4 {
  readonly #socket: Socket;
  #partial: Buffer = Buffer.alloc(0);

  constructor(onPacket: (packet: Buffer) => void, onEnd: () => void = () => undefined) {
    this.#socket = connect(LE_SOCKET);
    this.#socket.on("data", (chunk) => this.#read(chunk, onPacket));
    // The emulator has ended: its user reports that.
    this.#socket.on("error", () => undefined).on("close", onEnd);
  }

  /** Several in one breath are worked through before the emulator turns to anybody else. */
  send(...packets: readonly Buffer[]): void {
    this.#socket.write(Buffer.concat(packets));
  }

  /** Takes the controller off the air. */
  end(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer, onPacket: (packet: Buffer) => void): void {
    this.#partial = Buffer.concat([this.#partial, chunk]);
    for (;;) {
      const length = lengthOf(this.#partial);
      if (length === null || this.#partial.length < length) return;
      const packet = Buffer.from(this.#partial.subarray(0, length));
      this.#partial = this.#partial.subarray(length);
      onPacket(packet);
    }
  }
}
