import type { Address, Uuid } from "../../src/ble/radio.js";
import type { Connection } from "./connection.js";
import { ACL, addressOf, nameOf } from "./hci.js";

/** One packet between host and controller, either way; the fields below are for the packets of a connection. */
export interface WirePacket {
  /** Milliseconds, by the clock that runs on (performance.now()). */
  readonly at: number;
  readonly from: "host" | "controller";
  readonly bytes: Uint8Array;
  /** What it is, in words: "Create Connection", "write", "Disconnect". */
  readonly what: string;
  readonly address: Address | null;
  /** Of a write to a characteristic, the value written. */
  readonly characteristic: Uuid | null;
  readonly value: Uint8Array | null;
}

/** Everything that went through the HCI socket, the oldest first. */
export class Wire {
  readonly packets: WirePacket[] = [];
  /** Called with each packet, as it goes. */
  onPacket: (packet: WirePacket) => void = () => undefined;

  add(packet: WirePacket): void {
    this.packets.push(packet);
    this.onPacket(packet);
  }

  /** The recorded packets, in order: `["Create Connection", "write fe02 f7a2…", "Disconnect"]`. */
  said(words: readonly string[], address?: Address): readonly string[] {
    return this.packets
      .filter(
        (packet) => words.includes(packet.what) && (address === undefined || packet.address === address),
      )
      .map(({ what, characteristic, value }) =>
        [what, characteristic, value && Buffer.from(value).toString("hex")].filter((part) => part).join(" "),
      );
  }

  count(what: string): number {
    return this.packets.filter((packet) => packet.what === what).length;
  }
}

/** `connection` is the one that the packet is about, if there is one. */
export const describePacket = (
  from: WirePacket["from"],
  packet: Buffer,
  connection: Connection | undefined,
): WirePacket => {
  const written = packet[0] === ACL && from === "host" ? connection?.written(packet) : null;
  return {
    at: performance.now(),
    from,
    bytes: Uint8Array.from(packet),
    what: written ? "write" : nameOf(packet),
    address: connection?.address ?? addressOf(packet),
    characteristic: written?.characteristic ?? null,
    value: written ? Uint8Array.from(written.value) : null,
  };
};
