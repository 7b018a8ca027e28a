import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "../../src/clock.js";
import { rigOn, waitUntil } from "../ble/rig.js";
import { ABOUT_C2, C2, radioContract, type RadioUnderTest } from "../radio-contract.js";
import { ACL, nameOf, STATUS } from "../virtual-controller/hci.js";
import { emulatedPad } from "./peripheral.js";
import { EmulatedHciSocket, newBus } from "./socket.js";

const makeRadio = (): Promise<RadioUnderTest> => {
  const bus = newBus();
  const { host } = emulatedPad(C2, systemClock());
  const { radio } = rigOn(() => new EmulatedHciSocket(bus));
  return Promise.resolve({
    radio: {
      get state() {
        return radio.state;
      },
      onState: (listener) => radio.onState(listener),
      scan: (listener, bounded) => radio.scan(listener, bounded),
      // A pad is back on the air a moment after its link has ended, for which any other controller would wait.
      async connect(address, bounded) {
        if (address === C2.address) await waitUntil("the pad is on the air", () => host.isOnAir);
        return radio.connect(address, bounded);
      },
      [Symbol.asyncDispose]: () => radio[Symbol.asyncDispose](),
    },
    ...ABOUT_C2,
    settled: async (promise) => promise,
    pass: async (ms) => pause(ms),
    loseLink: () => host.drop(STATUS.connectionTimeout),
    hang: (hanging) => {
      bus.stuck = (packet) => hanging && (packet[0] === ACL || nameOf(packet) === "Read RSSI");
    },
    async end() {
      await radio[Symbol.asyncDispose]();
      await waitUntil("the pad is let go", () => !host.isConnected);
      host.end();
    },
  });
};

radioContract("noble over BlueZ's controller emulator", makeRadio, {
  // emulator/btdev.c of BlueZ 5.66: cmd_le_create_conn_complete, cmd_le_create_conn_cancel.
  pendingConnects:
    "BlueZ's emulator keeps no connect waiting: to a device that does not advertise it fails at once with 0x3e, " +
    "and a cancel is always disallowed",
});
