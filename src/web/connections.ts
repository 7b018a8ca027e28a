import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { household, plainAddress } from "./address.js";

const MOST_CONNECTIONS = 64;
/**
 * Connections whose request is still arriving have a limit of their own, larger than the kernel's queue for this server
 * (Node listens with a backlog of 511): in a flood that arrives in one turn no connection is dropped before its data
 * has been read.
 */
const MOST_ARRIVING = 1_024;

/** What the client of a connection waits for: nothing, a response to a read, or one to a command. */
type Waiting = "idle" | "read" | "command";

const addressOf = ({ remoteAddress = "" }: Socket): string => household(plainAddress(remoteAddress));

/**
 * The connections of the address that has the most of them, in order: a client that fills the server up loses its own.
 */
const ofBusiest = (sockets: readonly Socket[]): readonly Socket[] => {
  const groups = new Map<string, Socket[]>();
  for (const socket of sockets) {
    const group = groups.get(addressOf(socket));
    if (group) group.push(socket);
    else groups.set(addressOf(socket), [socket]);
  }
  return [...groups.values()].reduce<Socket[]>((most, one) => (one.length > most.length ? one : most), []);
};

/**
 * The connection to drop: an idle one, the longest idle first; else the read that began last, so that a page that has
 * been open for long stays; else the last command before the newest: it is carried out, only its response is lost. The
 * map is in the order in which each connection entered its present state.
 */
const whoGoes = (waiting: ReadonlyMap<Socket, Waiting>): Socket | undefined => {
  const those = (what: Waiting): readonly Socket[] =>
    ofBusiest([...waiting].filter((one) => one[1] === what).map(([socket]) => socket));
  return those("idle")[0] ?? those("read").at(-1) ?? ofBusiest([...waiting.keys()].slice(0, -1)).at(-1);
};

/** Bounds the connections of a server without refusing any: a client that fills it up must not delay a stop. */
export const boundConnections = (server: Server): void => {
  const arriving = new Set<Socket>();
  const waiting = new Map<Socket, Waiting>();
  const drop = (socket: Socket | undefined): void => {
    if (socket === undefined) return;
    forget(socket);
    socket.destroy();
  };
  const forget = (socket: Socket): void => {
    arriving.delete(socket);
    waiting.delete(socket);
  };
  const arrives = (socket: Socket): void => {
    forget(socket);
    arriving.add(socket);
    if (arriving.size > MOST_ARRIVING) drop(ofBusiest([...arriving])[0]);
  };
  const waits = (socket: Socket, what: Waiting): void => {
    if (socket.destroyed) return;
    forget(socket);
    waiting.set(socket, what);
    if (waiting.size > MOST_CONNECTIONS) drop(whoGoes(waiting));
  };
  server.on("connection", (socket: Socket) => {
    arrives(socket);
    socket.once("close", () => forget(socket));
  });
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const { method, socket } = request;
    if (method === "GET" || method === "HEAD") waits(socket, "read");
    else {
      arrives(socket);
      // A body that still arrives after the refusal is not a command.
      request.once("end", () => !response.writableEnded && waits(socket, "command"));
    }
    response.once("close", () => waits(socket, "idle"));
  });
};
