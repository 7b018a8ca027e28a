import { NO_FAULTS } from "../src/domain/faults.js";
import { COMMAND, frame } from "../src/protocol/wilink-frames.js";
import { simulatedRadio } from "../src/sim/radio.js";
import { radioContract } from "./radio-contract.js";
import type { RadioUnderTest } from "./radio-contract.js";
import { ManualClock } from "./support/clock.js";

const ADDRESS = "57:4c:4e:00:11:22";

const makeRadio = (): Promise<RadioUnderTest> => {
  const clock = new ManualClock();
  const settings = { address: ADDRESS, name: "KS-BLC2", model: "c2", faults: NO_FAULTS } as const;
  const radio = simulatedRadio([settings], { clock });
  return Promise.resolve({
    radio,
    pad: { address: ADDRESS, name: "KS-BLC2", service: "fe00" },
    nobody: "57:4c:4e:99:99:99",
    write: "fe02",
    notify: "fe01",
    asks: [
      [frame(COMMAND, [0xa2, 0, 0]), [0xf8, 0xa2]],
      [frame(COMMAND, [0xa6, 0, 0, 0, 0, 0]), [0xf8, 0xa6]],
      [frame(COMMAND, [0xa7, 0xaa, 0xff]), [0xf8, 0xa7]],
      [frame(COMMAND, [0xa2, 0, 0]), [0xf8, 0xa2]],
    ],
    settled: (promise) => clock.settled(promise),
    pass: (ms) => clock.advance(ms),
    loseLink: () => radio.disconnect(ADDRESS),
    hang: (hanging) => radio.hangWrites(ADDRESS, hanging),
    async end() {
      await clock.settled(radio[Symbol.asyncDispose]());
      if (clock.pending > 0) throw new Error(`${clock.pending} timers are left behind`);
    },
  });
};

radioContract("simulated pads", makeRadio);
