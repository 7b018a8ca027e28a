import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { Waiters } from "../support/waiters.js";

interface RawPacket {
  /** Upper half of the first byte: 1 CONNECT, 3 PUBLISH, 8 SUBSCRIBE, 12 PINGREQ, 14 DISCONNECT. */
  readonly type: number;
  readonly flags: number;
  readonly body: Buffer;
}

export const CONNECT = 1;
export const PUBLISH = 3;
export const SUBSCRIBE = 8;
export const PINGREQ = 12;

/** The protocol level of a CONNECT: 4 is MQTT 3.1.1. */
export const levelOf = (packet: RawPacket): number => packet.body[6]!;
export const idOf = (subscribe: RawPacket): number => subscribe.body.readUInt16BE(0);
export const topicOf = (publish: RawPacket): string =>
  publish.body.toString("utf8", 2, 2 + publish.body.readUInt16BE(0));
const publishIdOf = (publish: RawPacket): number =>
  publish.body.readUInt16BE(2 + publish.body.readUInt16BE(0));

export const connack = (level: number, code = 0, properties: readonly number[] = []): Buffer =>
  level === 5
    ? Buffer.from([0x20, 3 + properties.length, 0, code, properties.length, ...properties])
    : Buffer.from([0x20, 2, 0, code]);
export const suback = (level: number, id: number, codes: readonly number[]): Buffer => {
  const properties = level === 5 ? [0] : [];
  const body = [id >> 8, id & 0xff, ...properties, ...codes];
  return Buffer.from([0x90, body.length, ...body]);
};
const puback = (id: number): Buffer => Buffer.from([0x40, 2, id >> 8, id & 0xff]);

/** The packets complete in `bytes`, and how many bytes they took. */
const split = (bytes: Buffer): { packets: RawPacket[]; taken: number } => {
  const packets: RawPacket[] = [];
  let taken = 0;
  for (;;) {
    let [at, length, shift] = [taken + 1, 0, 0];
    while (at < bytes.length && bytes[at]! >= 0x80) {
      length |= (bytes[at++]! & 0x7f) << shift;
      shift += 7;
    }
    if (at >= bytes.length) return { packets, taken };
    length |= bytes[at++]! << shift;
    if (at + length > bytes.length) return { packets, taken };
    packets.push({
      type: bytes[taken]! >> 4,
      flags: bytes[taken]! & 15,
      body: bytes.subarray(at, at + length),
    });
    taken = at + length;
  }
};

export type PacketHandler = (packet: RawPacket, socket: Socket, connection: number) => void;

/** A broker as good or bad as `behave` makes it: called for each packet; `connection` counts from 1. */
export class RawBroker {
  readonly url: string;
  readonly packets: RawPacket[] = [];
  readonly sockets = new Set<Socket>();
  connections = 0;
  readonly #server: Server;
  readonly #waiters = new Waiters();

  private constructor(server: Server) {
    this.#server = server;
    this.url = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(behave: PacketHandler): Promise<RawBroker> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const broker = new RawBroker(server);
    server.on("connection", (socket) => broker.#serve(socket, behave));
    return broker;
  }

  connects(): RawPacket[] {
    return this.packets.filter(({ type }) => type === CONNECT);
  }

  until(condition: (broker: RawBroker) => boolean, ms = 10_000): Promise<void> {
    return this.#waiters.until(
      () => condition(this),
      ms,
      () => `${condition.toString()}; packets: ${this.packets.length}`,
    );
  }

  async close(): Promise<void> {
    this.#server.close();
    for (const socket of this.sockets) socket.destroy();
    await once(this.#server, "close");
  }

  #serve(socket: Socket, behave: PacketHandler): void {
    const connection = ++this.connections;
    let rest: Buffer = Buffer.alloc(0);
    this.sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.sockets.delete(socket);
      this.#waiters.changed();
    });
    socket.on("data", (chunk: Buffer) => {
      const { packets, taken } = split(Buffer.concat([rest, chunk]));
      rest = Buffer.concat([rest, chunk]).subarray(taken);
      for (const packet of packets) {
        this.packets.push(packet);
        behave(packet, socket, connection);
      }
      this.#waiters.changed();
    });
    this.#waiters.changed();
  }
}

/** Answers as a broker should; `but` may take a packet over by returning true. */
export const wellBehaved = (
  but: (...args: Parameters<PacketHandler>) => boolean = () => false,
): PacketHandler => {
  const levels = new WeakMap<Socket, number>();
  return (packet, socket, connection) => {
    if (packet.type === CONNECT) levels.set(socket, levelOf(packet));
    const level = levels.get(socket) ?? 4;
    if (but(packet, socket, connection)) return;
    if (packet.type === CONNECT) socket.write(connack(level));
    if (packet.type === SUBSCRIBE) socket.write(suback(level, idOf(packet), [1, 1, 1]));
    if (packet.type === PUBLISH && (packet.flags & 6) === 2) socket.write(puback(publishIdOf(packet)));
    if (packet.type === PINGREQ) socket.write(Buffer.from([0xd0, 0]));
  };
};
