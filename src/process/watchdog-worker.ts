import { setFlagsFromString } from "node:v8";
import { workerData } from "node:worker_threads";

// Safety rule 10. Checks once a second, so that a suspend, during which both threads stop, costs one check and not
// fifteen.
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
// Still running: as PID 1 of a container the process is immune to signals sent from inside, SIGKILL included
// (pid_namespaces(7)). Only a fault raised by the kernel itself ends it then; V8's breakpoint instruction raises one
// (seen: exit 133).
setFlagsFromString("--allow-natives-syntax");
(0, eval)("%SystemBreak()");
