// node --import, for scripts/bench/flood.ts: runs inside the built program and reports to its parent when a stop
// frame is written to a simulated link, and on request the largest gap of the main loop. The program itself is
// unchanged.
import { SimulatedLink } from "../../dist/sim/link.js";

/** Speed 0, the stop frame of WiLink (wire-facts a.3). */
const STOP = "f7a20100a3fd";
const TURN_MS = 5;

const { write } = SimulatedLink.prototype;
SimulatedLink.prototype.write = function (characteristic, bytes, options) {
  if (Buffer.from(bytes).toString("hex") === STOP)
    process.send?.({ stop: this.address, at: performance.timeOrigin + performance.now() });
  return write.call(this, characteristic, bytes, options);
};

let gap = 0;
let turned = performance.now();
setInterval(() => {
  const now = performance.now();
  gap = Math.max(gap, now - turned - TURN_MS);
  turned = now;
}, TURN_MS).unref();

process.on("message", (message) => {
  if (message !== "gap") return;
  process.send?.({ gap });
  gap = 0;
});
// A listener keeps the channel, and so the program, alive.
process.channel?.unref();

// V8's CPU profiler is driven by SIGPROF, which would end the bridge.
if (process.execArgv.includes("--cpu-prof")) {
  const { on } = process;
  process.on = (name, ...rest) => (name === "SIGPROF" ? process : on.call(process, name, ...rest));
}
