import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

const MOST_CONNECTIONS = 64;

/** What a connection waits for: an answer to something read, or to a command. One that is not listed waits for nothing. */
type Waiting = Map<Socket, "read" | "command">;

/**
 * Who makes room: the oldest connection that waits for nothing of ours, idle or still sending its request; else the one
 * whose answer to a read began last, so that a page that has been open for long stays. Never a command: among nothing but
 * commands the newcomer goes.
 */
const whoGoes = (sockets: ReadonlySet<Socket>, waiting: Waiting): Socket | undefined =>
  [...sockets].find((socket) => !waiting.has(socket)) ??
  [...waiting].findLast(([, what]) => what === "read")?.[0];

/** Bounds the connections of a server without keeping anybody out: whoever fills it up must not delay a stop. */
export const boundConnections = (server: Server): void => {
  const sockets = new Set<Socket>();
  const waiting: Waiting = new Map();
  server.on("connection", (socket: Socket) => {
    if (sockets.size >= MOST_CONNECTIONS) {
      const gone = whoGoes(sockets, waiting) ?? socket;
      sockets.delete(gone);
      waiting.delete(gone);
      gone.destroy();
      if (gone === socket) return;
    }
    sockets.add(socket);
    socket.once("close", () => {
      sockets.delete(socket);
      waiting.delete(socket);
    });
  });
  server.on("request", ({ method, socket }: IncomingMessage, response: ServerResponse) => {
    if (method === "GET" || method === "HEAD") waiting.set(socket, "read");
    else response.req.once("end", () => waiting.set(socket, "command"));
    response.once("close", () => waiting.delete(socket));
  });
};
