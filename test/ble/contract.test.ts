import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "../../src/clock.js";
import { ABOUT_C2, C2, radioContract, type RadioUnderTest } from "../radio-contract.js";
import { OPCODE } from "../virtual-controller/hci.js";
import { VirtualController } from "../virtual-controller/controller.js";
import { EchoPeripheral } from "../virtual-controller/peripheral.js";
import { mountPads } from "../virtual-controller/sim-peripheral.js";
import { rigOver, waitUntil } from "./rig.js";

/** Longer than any test. */
const NEVER_MS = 2 ** 30;

/** Heard until somebody tries to connect, and gone from then on. */
class Vanishing extends EchoPeripheral {
  readonly #controller: VirtualController;

  constructor(controller: VirtualController) {
    super(ABOUT_C2.nobody);
    this.#controller = controller;
  }

  override advertising(): boolean {
    this.asleep ||= this.#controller.connecting === ABOUT_C2.nobody;
    return super.advertising();
  }
}

const makeRadio = (): Promise<RadioUnderTest> => {
  const controller = new VirtualController();
  controller.add(new Vanishing(controller));
  mountPads(controller, [C2], systemClock());
  const { radio } = rigOver(controller);
  return Promise.resolve({
    radio,
    ...ABOUT_C2,
    settled: async (promise) => promise,
    pass: async (ms) => pause(ms),
    loseLink: () => controller.drop(C2.address),
    hang: (hanging) => {
      controller.faults.airtime = hanging ? NEVER_MS : 0;
      controller.faults.lose = (packet) =>
        hanging && packet[1] === 0x0e && packet.readUInt16LE(4) === OPCODE.readRssi;
    },
    async end() {
      await radio[Symbol.asyncDispose]();
      await waitUntil("nothing is left on the controller", () => controller.connected.length === 0);
    },
  });
};

radioContract("noble over a virtual controller", makeRadio);
