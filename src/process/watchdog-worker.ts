import { setFlagsFromString } from "node:v8";
import { workerData } from "node:worker_threads";

// Safety rule 10. Looks once a second, so that a suspended machine, on which both threads sleep, costs one look and
// not fifteen.
const LOOK_MS = 1_000;
const LOOKS = 15;

const turns = workerData as Int32Array;
const clock = new Int32Array(new SharedArrayBuffer(4));
const pause = (ms: number): void => {
  Atomics.wait(clock, 0, 0, ms);
};

let seen = Atomics.load(turns, 0);
let still = 0;
while (still < LOOKS) {
  pause(LOOK_MS);
  const now = Atomics.load(turns, 0);
  still = now === seen ? still + 1 : 0;
  seen = now;
}

process.kill(process.pid, "SIGKILL");
pause(LOOK_MS);
// Still here: as PID 1 of a container we are immune to signals sent from inside, SIGKILL included (pid_namespaces(7)).
// Only a fault raised by the kernel itself ends us then; V8's breakpoint instruction makes one (seen: exit 133).
setFlagsFromString("--allow-natives-syntax");
(0, eval)("%SystemBreak()");
