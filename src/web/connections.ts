import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { household, plainAddress } from "./address.js";

const MOST_CONNECTIONS = 64;
/**
 * Those whose request is still on its way have a room of their own, larger than what the kernel keeps for us (Node listens
 * with a backlog of 511): in a flood that comes in one turn none of them goes before what it has sent was read.
 */
const MOST_ARRIVING = 1_024;

/** What a connection waits for: nothing, an answer to something read, or one to a command. */
type Waiting = "idle" | "read" | "command";

const addressOf = ({ remoteAddress = "" }: Socket): string => household(plainAddress(remoteAddress));

/** Those of the address that has the most of them, in their order: whoever fills the server up makes room himself. */
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
 * Who makes room: whoever waits for nothing, the longest idle first; else the one whose answer to a read began last, so
 * that a page that has been open for long stays; else the last command before the newcomer's: it is carried out, only its
 * answer is lost. The map is in the order in which each came to wait for what it waits for.
 */
const whoGoes = (waiting: ReadonlyMap<Socket, Waiting>): Socket | undefined => {
  const those = (what: Waiting): readonly Socket[] =>
    ofBusiest([...waiting].filter((one) => one[1] === what).map(([socket]) => socket));
  return those("idle")[0] ?? those("read").at(-1) ?? ofBusiest([...waiting.keys()].slice(0, -1)).at(-1);
};

/** Bounds the connections of a server without keeping anybody out: whoever fills it up must not delay a stop. */
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
      // A body that is still sent after the refusal is nobody's command.
      request.once("end", () => !response.writableEnded && waits(socket, "command"));
    }
    response.once("close", () => waits(socket, "idle"));
  });
};
