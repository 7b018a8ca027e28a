import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** A wire between client and broker that can be cut, or held so that nothing passes. */
export class Proxy {
  readonly url: string;
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #held = false;
  #refusing = false;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async to(port: number): Promise<Proxy> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const proxy = new Proxy(server);
    server.on("connection", (near) => proxy.#join(near, port));
    return proxy;
  }

  /** Ends all connections as a broken line does, without a goodbye of MQTT. */
  cut(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }

  /** New connections are closed at once until `mend`. */
  refuse(): void {
    this.#refusing = true;
    this.cut();
  }

  mend(): void {
    this.#refusing = false;
    this.#held = false;
    for (const [near, far] of this.#pairs) {
      near.resume();
      far.resume();
    }
  }

  /** Connections stay up and nothing gets through in `direction`. */
  hold(direction: "answers" | "both"): void {
    this.#held = direction === "both";
    for (const [near, far] of this.#pairs) {
      far.pause();
      if (this.#held) near.pause();
    }
  }

  async close(): Promise<void> {
    this.#server.close();
    this.cut();
    await once(this.#server, "close");
  }

  #join(near: Socket, port: number): void {
    if (this.#refusing) {
      near.destroy();
      return;
    }
    const far = connect(port, "127.0.0.1");
    const pair = [near, far] as const;
    this.#pairs.add(pair);
    const end = (): void => {
      near.destroy();
      far.destroy();
      this.#pairs.delete(pair);
    };
    for (const socket of pair) socket.on("error", end).on("close", end);
    near.on("data", (chunk) => far.write(chunk));
    far.on("data", (chunk) => near.write(chunk));
  }
}
