import type { Socket } from "node:net";
import type { Logger } from "../log/log.js";
import { PacketMeter } from "./packet-meter.js";

/** Time from the connection to its CONNECT. */
export const CONNECT_MS = 5_000;
/** Connections with and without a login: a login takes milliseconds, so a few places suffice for those without. */
const PLACES = { known: 100, unknown: 32 } as const;
/** A client needs no more before its CONNECT is accepted: client id, will, name and password. */
const MAX_LOGIN_BYTES = 64 * 1024;
/** A payload of 1 MB, and the longest topic. */
const MAX_PACKET_BYTES = 1024 * 1024 + 70_000;
/** Of incomplete packets, of all clients together. */
const MAX_PENDING_BYTES = 16 * 1024 * 1024;
/** Smaller packets are never dropped because of that total. */
const SMALL_PACKET_BYTES = 64 * 1024;

interface NetworkClient {
  readonly socket: Socket;
  readonly meter: PacketMeter;
  readonly address: string;
  isKnown: boolean;
  bytes: number;
  pending: number;
}

/**
 * Limits connections, and the memory of data that aedes has not read yet. Connections without a login have places of
 * their own: they take none from logged-in clients, and of each other only the address with the most connections loses
 * one.
 */
export class Admission {
  readonly #clients = new Map<Socket, NetworkClient>();
  readonly #log: Logger;
  #pending = 0;

  constructor(log: Logger) {
    this.#log = log;
  }

  get sockets(): Iterable<Socket> {
    return this.#clients.keys();
  }

  get hasPlace(): boolean {
    return this.#all(true).length < PLACES.known;
  }

  /** A new connection; called before its data is read. */
  enter(socket: Socket): void {
    const client: NetworkClient = {
      socket,
      meter: new PacketMeter(() => (client.isKnown ? MAX_PACKET_BYTES : MAX_LOGIN_BYTES)),
      address: socket.remoteAddress ?? "",
      isKnown: false,
      bytes: 0,
      pending: 0,
    };
    this.#clients.set(socket, client);
    socket.on("close", () => {
      this.#clients.delete(socket);
      this.#pending -= client.pending;
      client.pending = 0;
    });
    this.#watch(client);
    this.#makePlace();
  }

  /** Its login was accepted. */
  know(socket: unknown): void {
    const client = this.#clients.get(socket as Socket);
    if (client) client.isKnown = true;
  }

  /** aedes takes arrived data by `read()`: data that passes here is neither parsed nor stored yet. */
  #watch(client: NetworkClient): void {
    const { socket } = client;
    const read = socket.read.bind(socket);
    socket.read = (size?: number): Buffer | null => {
      const chunk = read(size) as Buffer | null;
      const why = chunk === null ? null : this.#objection(client, chunk);
      if (why === null) return chunk;
      this.#drop(client, why);
      return null;
    };
  }

  #objection(client: NetworkClient, chunk: Uint8Array): string | null {
    client.bytes += chunk.length;
    if (!client.isKnown && client.bytes > MAX_LOGIN_BYTES) return "more than 64 kB before the login";
    if (!client.meter.take(chunk)) return "packet too long";
    const { pending } = client.meter;
    this.#pending += pending - client.pending;
    client.pending = pending;
    return pending > SMALL_PACKET_BYTES && this.#pending > MAX_PENDING_BYTES
      ? "too many bytes of incomplete packets"
      : null;
  }

  /**
   * Drops the oldest connection without a login, of the address that has the most of them: a flooding client loses its
   * own.
   */
  #makePlace(): void {
    const unknown = this.#all(false);
    if (unknown.length <= PLACES.unknown) return;
    const count = ({ address }: NetworkClient): number =>
      unknown.filter((one) => one.address === address).length;
    const most = Math.max(...unknown.map(count));
    const first = unknown.find((one) => count(one) === most);
    if (first) this.#drop(first, "too many connections without a login");
  }

  #all(isKnown: boolean): readonly NetworkClient[] {
    return [...this.#clients.values()].filter((one) => one.isKnown === isKnown);
  }

  #drop({ socket, address }: NetworkClient, why: string): void {
    this.#log.debug({ address, why }, "Embedded broker dropped a client");
    // Removed from the count at once: `close` comes later.
    socket.destroy();
    this.#clients.delete(socket);
  }
}
