// A separate program, for tests that need a whole process: connects through the real noble, says "connected", and
// on its standard input obeys "dispose" (gives the radio back and does nothing more) and "listen" (takes over SIGINT).
import { nobleRadio } from "../../../src/ble/noble/radio.js";
import { systemClock } from "../../../src/clock.js";
import { VirtualController } from "../../virtual-controller/controller.js";
import { EchoPeripheral } from "../../virtual-controller/peripheral.js";
import { replaceHciSocket, VirtualHciSocket } from "../../virtual-controller/socket.js";
import { recordingLog } from "../log.js";

const say = (word: string): void => void process.stdout.write(`${word}\n`);
const echo = new EchoPeripheral("57:4c:4e:00:11:22");
const controller = new VirtualController([echo]);
replaceHciSocket(() => new VirtualHciSocket(controller));
const radio = nobleRadio({ adapter: 0 }, { clock: systemClock(), log: recordingLog() });
const link = await radio.connect(echo.address, { signal: new AbortController().signal });
process.on("exit", () => say(`left ${controller.connected.length}`));
say("connected");

process.stdin.setEncoding("utf8");
process.stdin.on("data", (words: string) => {
  if (words.includes("listen")) {
    // First ours, then noble's: where ours is not the last, noble would end the process by itself.
    process.prependListener("SIGINT", () => say(`interrupted ${link.lost.aborted ? "lost" : "linked"}`));
    say("listening");
  }
  if (words.includes("dispose"))
    void radio[Symbol.asyncDispose]().then(() => {
      say("disposed");
      process.stdin.destroy();
    });
});
