import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "../../src/clock.js";
import { NO_FAULTS } from "../../src/domain/faults.js";
import { COMMAND, frame } from "../../src/protocol/wilink-frames.js";
import { type RadioUnderTest, radioContract } from "../radio-contract.js";
import { OPCODE } from "../virtual-controller/hci.js";
import { VirtualController } from "../virtual-controller/controller.js";
import { EchoPeripheral } from "../virtual-controller/peripheral.js";
import { mountPads } from "../virtual-controller/sim-peripheral.js";
import { rigOver, until } from "./rig.js";

const PAD = "57:4c:4e:00:11:22";
const NOBODY = "57:4c:4e:99:99:99";
/** Longer than any test. */
const NEVER_MS = 2 ** 30;

/** Heard until somebody tries to connect, and gone from then on. */
class Vanishing extends EchoPeripheral {
  readonly #controller: VirtualController;

  constructor(controller: VirtualController) {
    super(NOBODY);
    this.#controller = controller;
  }

  override advertising(): boolean {
    this.asleep ||= this.#controller.connecting === NOBODY;
    return super.advertising();
  }
}

const makeRadio = (): Promise<RadioUnderTest> => {
  const controller = new VirtualController();
  controller.add(new Vanishing(controller));
  mountPads(controller, [{ address: PAD, name: "KS-BLC2", model: "c2", faults: NO_FAULTS }], systemClock());
  const { radio } = rigOver(controller);
  return Promise.resolve({
    radio,
    pad: { address: PAD, name: "KS-BLC2", service: "fe00" },
    nobody: NOBODY,
    write: "fe02",
    notify: "fe01",
    asks: [
      [frame(COMMAND, [0xa2, 0, 0]), [0xf8, 0xa2]],
      [frame(COMMAND, [0xa6, 0, 0, 0, 0, 0]), [0xf8, 0xa6]],
      [frame(COMMAND, [0xa7, 0xaa, 0xff]), [0xf8, 0xa7]],
      [frame(COMMAND, [0xa2, 0, 0]), [0xf8, 0xa2]],
    ],
    settled: async (promise) => promise,
    pass: async (ms) => pause(ms),
    loseLink: () => controller.drop(PAD),
    hang: (hanging) => {
      controller.faults.airtime = hanging ? NEVER_MS : 0;
      controller.faults.lose = (packet) =>
        hanging && packet[1] === 0x0e && packet.readUInt16LE(4) === OPCODE.readRssi;
    },
    async end() {
      await radio[Symbol.asyncDispose]();
      await until("nothing is left on the controller", () => controller.connected.length === 0);
    },
  });
};

radioContract("noble over a virtual controller", makeRadio);
