import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

const MOST_CONNECTIONS = 64;

/**
 * Bounds the connections of a server without keeping anybody out: the oldest one that waits for nothing of ours, idle
 * or still sending its request, makes room for a new one. Whoever fills the server up must not delay a stop.
 */
export const boundConnections = (server: Server): void => {
  const sockets = new Set<Socket>();
  const answering = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    if (sockets.size >= MOST_CONNECTIONS) {
      const oldest = [...sockets].find((one) => !answering.has(one)) ?? socket;
      sockets.delete(oldest);
      oldest.destroy();
      if (oldest === socket) return;
    }
    sockets.add(socket);
    socket.once("close", () => {
      sockets.delete(socket);
      answering.delete(socket);
    });
  });
  server.on("request", ({ method, socket }: IncomingMessage, response: ServerResponse) => {
    const begin = (): void => void answering.add(socket);
    if (method === "GET" || method === "HEAD") begin();
    else response.req.once("end", begin);
    response.once("close", () => answering.delete(socket));
  });
};
