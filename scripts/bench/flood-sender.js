// Worker thread of flood.ts: publishes at a steady rate with QoS 0 over a plain socket (MQTT 3.1.1), because a client
// library would be the slowest part of the measurement.
import { connect } from "node:net";
import { parentPort, workerData } from "node:worker_threads";

const TICK_MS = 5;
const { port, messages, perSecond } = workerData;

const text = (value) => {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
};
/** Fixed header with MQTT's variable length. */
const packet = (first, body) => {
  const header = [first];
  for (let rest = body.length; header.length === 1 || rest > 0; rest >>= 7)
    header.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
  return Buffer.concat([Buffer.from(header), body]);
};
const CONNECT = packet(
  0x10,
  Buffer.concat([text("MQTT"), Buffer.from([4, 2, 0, 0]), text(`flood-${process.pid}`)]),
);
const publishes = messages.map(({ topic, payload, retain = false }) =>
  packet(retain ? 0x31 : 0x30, Buffer.concat([text(topic), Buffer.from(payload)])),
);

const socket = connect(port, "127.0.0.1", () => socket.write(CONNECT));
socket.setNoDelay(true);
let sent = 0;
socket.once("data", () => {
  const from = performance.now();
  const timer = setInterval(() => {
    // Where the broker takes no more, what is due meanwhile is not made up for in one burst of millions.
    if (socket.writableLength > 1_000_000) return;
    const due = Math.min(Math.floor(((performance.now() - from) / 1_000) * perSecond), sent + perSecond / 10);
    const batch = [];
    for (; sent < due; sent += 1) batch.push(publishes[sent % publishes.length]);
    if (batch.length > 0) socket.write(Buffer.concat(batch));
  }, TICK_MS);
  parentPort.once("message", () => {
    clearInterval(timer);
    socket.end(Buffer.from([0xe0, 0]), () => parentPort.postMessage({ sent }));
  });
});
