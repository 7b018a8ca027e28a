import { simulatedRadio } from "../src/sim/radio.js";
import { ABOUT_C2, C2, radioContract, type RadioUnderTest } from "./radio-contract.js";
import { ManualClock } from "./support/clock.js";

const makeRadio = (): Promise<RadioUnderTest> => {
  const clock = new ManualClock();
  const radio = simulatedRadio([C2], { clock });
  return Promise.resolve({
    radio,
    ...ABOUT_C2,
    settled: (promise) => clock.settled(promise),
    pass: (ms) => clock.advance(ms),
    loseLink: () => radio.disconnect(C2.address),
    hang: (hanging) => radio.hangWrites(C2.address, hanging),
    async end() {
      await clock.settled(radio[Symbol.asyncDispose]());
      if (clock.pending > 0) throw new Error(`${clock.pending} timers are left behind`);
    },
  });
};

radioContract("simulated pads", makeRadio);
