// node --import, for scripts/bench.ts: runs inside the built program and reports to its parent how long it took from the
// socket's data with a stop command in it to the stop frame handed to the link. The program itself is as it was built.
import { channel } from "node:diagnostics_channel";
import { SimulatedLink } from "../../dist/sim/link.js";

/** Speed 0, the stop frame of WiLink (wire-facts a.3), and the poll (a.3). */
const STOP = "f7a20100a3fd";
const POLL = "f7a20000a2fd";
const STOP_COMMAND = /\/p(\d+)\/set\/belt[^/]*OFF/gs;

/** Pad number -> when its stop command arrived, and whether a write was on its way to the pad just then. */
const arrived = new Map();
/** Pad number -> writes on their way. */
const inFlight = new Map();
const numberOf = (address) => Number.parseInt(address.slice(-2), 16);

channel("net.client.socket").subscribe(({ socket }) => {
  socket.on("data", (chunk) => {
    const at = performance.now();
    for (const [, pad] of chunk.toString("latin1").matchAll(STOP_COMMAND))
      arrived.set(Number(pad), { at, busy: (inFlight.get(Number(pad)) ?? 0) > 0 });
  });
});

const { write } = SimulatedLink.prototype;
SimulatedLink.prototype.write = function (characteristic, bytes, options) {
  const handed = performance.now();
  const pad = numberOf(this.address);
  const frame = Buffer.from(bytes).toString("hex");
  const command = arrived.get(pad);
  if (frame === STOP && command) {
    arrived.delete(pad);
    process.send({ pad, is: "stopped", ms: handed - command.at, busy: command.busy });
  }
  inFlight.set(pad, (inFlight.get(pad) ?? 0) + 1);
  if (frame === POLL) process.send({ pad, is: "polling" });
  const settled = () => {
    inFlight.set(pad, inFlight.get(pad) - 1);
    if (frame === POLL) process.send({ pad, is: "polled" });
  };
  const written = write.call(this, characteristic, bytes, options);
  written.then(settled, settled);
  return written;
};
