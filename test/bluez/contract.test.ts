import { setTimeout as pause } from "node:timers/promises";
import { systemClock } from "../../src/clock.js";
import { NO_FAULTS } from "../../src/domain/faults.js";
import { COMMAND, frame } from "../../src/protocol/wilink-frames.js";
import { rigOn, until } from "../ble/rig.js";
import { type RadioUnderTest, radioContract } from "../radio-contract.js";
import { ACL, nameOf, STATUS } from "../virtual-controller/hci.js";
import { emulatedPad } from "./peripheral.js";
import { EmulatedHciSocket, newBus } from "./socket.js";

const PAD = "57:4c:4e:00:11:22";
const NOBODY = "57:4c:4e:99:99:99";

const makeRadio = (): Promise<RadioUnderTest> => {
  const bus = newBus();
  const settings = { address: PAD, name: "KS-BLC2", model: "c2", faults: NO_FAULTS } as const;
  const { host } = emulatedPad(settings, systemClock());
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
        if (address === PAD) await until("the pad is on the air", () => host.isOnAir);
        return radio.connect(address, bounded);
      },
      [Symbol.asyncDispose]: () => radio[Symbol.asyncDispose](),
    },
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
    loseLink: () => host.drop(STATUS.connectionTimeout),
    hang: (hanging) => {
      bus.stuck = (packet) => hanging && (packet[0] === ACL || nameOf(packet) === "Read RSSI");
    },
    async end() {
      await radio[Symbol.asyncDispose]();
      await until("the pad is let go", () => !host.isConnected);
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
