import { describe, expect, test } from "vitest";
import { BridgeError } from "../../src/domain/errors.js";
import { ATT } from "../virtual-controller/att.js";
import { EchoPeripheral } from "../virtual-controller/peripheral.js";
import { neverAborted, nobleRig } from "./rig.js";

// A PitPat's stop: with a Write Request's three bytes more than the least MTU, and with L2CAP's four more than the 27
// bytes that a controller of Bluetooth 4.0 takes in one packet.
const PAD = "57:4c:4e:00:11:33";
const STOP = Buffer.from("6a1700000000000001005000000000000dba9d76eff543", "hex");
const CONTROL = "d18d2c10c44c11e8a355529269fb1459";
const signal = neverAborted();

const padWith = (mtu: number): EchoPeripheral => Object.assign(new EchoPeripheral(PAD), { mtu });
const stop = { characteristic: CONTROL, bytes: Uint8Array.from(STOP) };

describe("a write with response that is longer than 20 bytes", () => {
  test("goes as one request to a pad that has room for it, from the first write on", async () => {
    const echo = padWith(255);
    await using rig = nobleRig([echo]);
    const link = await rig.connect(PAD);
    await link.write(CONTROL, STOP, { signal, response: true });
    expect(echo.written).toEqual([stop]);
    expect(rig.controller.wire.said(["write"])).toEqual([`write ${CONTROL} ${STOP.toString("hex")}`]);
    const requests = rig.controller.wire.packets.filter(
      ({ from, what }) => from === "host" && /^ATT/.test(what),
    );
    // The MTU request is the first of all; the beginning of the write does not fit into one packet of the controller's.
    expect([requests[0]!.what, requests.at(-1)!.what]).toEqual(["ATT 2", "ATT 12"]);
  });

  test("goes in parts to a pad that has not, and arrives whole", async () => {
    const echo = padWith(23);
    await using rig = nobleRig([echo]);
    const link = await rig.connect(PAD);
    await link.write(CONTROL, STOP, { signal, response: true });
    await link.write(CONTROL, STOP, { signal, response: true });
    expect(echo.written).toEqual([stop, stop]);
    expect([rig.controller.wire.count("ATT 16"), rig.controller.wire.count("ATT 18")]).toEqual([4, 2]);
  });

  const refusals = [
    ["the first part", ATT.prepareWrite, 1, 0x06],
    ["a later part", ATT.prepareWrite, 2, 0x09],
    ["the last word", ATT.executeWrite, 1, 0x06],
    ["the last word", ATT.executeWrite, 1, 0x07],
  ] as const;

  test.each(refusals)(
    "is refused at once, and not written in part, by a pad that refuses %s (opcode %i, number %i, status %i)",
    async (_part, opcode, number, status) => {
      const echo = padWith(23);
      await using rig = nobleRig([echo]);
      const link = await rig.connect(PAD);
      let seen = 0;
      rig.controller.faults.attError = (pdu) => (pdu[0] === opcode && ++seen === number ? status : null);
      const refused = await link
        .write(CONTROL, STOP, { signal, response: true })
        .catch((error: unknown) => error);
      // At the deadline it would be "timeout".
      expect(refused).toBeInstanceOf(BridgeError);
      expect(refused).toMatchObject({ code: "write-failed" });
      // The next write has answers of its own.
      await link.write("2ad9", Uint8Array.of(0x00), { signal, response: true });
      expect(echo.written).toEqual([{ characteristic: "2ad9", bytes: Uint8Array.of(0x00) }]);
      if (opcode === ATT.executeWrite) return;
      await link.write(CONTROL, STOP, { signal, response: true });
      expect(echo.written.at(-1)).toEqual(stop);
    },
  );
});
