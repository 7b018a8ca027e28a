import type { MqttClient } from "mqtt";
import type { Clock } from "../../clock.js";
import type { PacketFilter } from "./packet-filter.js";

/**
 * This much is read and screened before the socket waits for the parser: with the default of 16 kB a stop behind it is
 * not seen.
 */
const READ_AHEAD = 256 * 1024;
/** A client may send it at any time (MQTT 5 §3.12). */
const PINGREQ = Buffer.from([0xc0, 0]);
/** Linux acknowledges within 40 ms where nothing is written. */
const ACKNOWLEDGED_WITHIN_MS = 8;
/** Data that follows dropped messages this soon, as a lone PUBACK does, may have a flood behind it. */
const FLOOD_MS = 100;

/**
 * Data that the socket has read passes the filter before it waits for the parser: a stop is found behind any other
 * data, and a flood costs very little. MQTT.js has no hook for it, and its stream may be any of four.
 *
 * While messages are dropped unread the bridge writes nothing: the kernel acknowledges every 40 ms, and Mosquitto, which
 * does not set TCP_NODELAY by default, sends a stop only then (measured). A ping makes the kernel acknowledge at once.
 */
export class ScreenedStream {
  readonly #stream: MqttClient["stream"];
  readonly #clock: Clock;
  #over = false;
  #droppedAt = -Infinity;
  #cancelPing: (() => void) | null = null;

  constructor(stream: MqttClient["stream"], filter: PacketFilter, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
    const push = stream.push.bind(stream);
    stream.push = (piece: Buffer | null, ...rest) => {
      if (piece === null || this.#over) return push(piece, ...rest);
      const { rest: wanted, acks } = filter.filter(piece);
      const now = clock.now();
      if (wanted.length < piece.length) this.#droppedAt = now;
      if (acks.length > 0) stream.write(acks);
      else if (now - this.#droppedAt < FLOOD_MS) this.#acknowledgeSoon();
      if (wanted.length > 0) push(wanted, ...rest);
      return stream.readableLength < READ_AHEAD;
    };
  }

  /** The connection is over: what is still read goes to the parser unread. */
  end(): void {
    this.#over = true;
    this.#cancelPing?.();
  }

  #acknowledgeSoon(): void {
    this.#cancelPing ??= this.#clock.after(ACKNOWLEDGED_WITHIN_MS, () => {
      this.#cancelPing = null;
      // Data that waits to be written will do the same.
      if (this.#stream.writableLength === 0) this.#stream.write(PINGREQ);
    });
  }
}
