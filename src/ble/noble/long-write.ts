import type { Gatt } from "./internals.js";

// What noble 1.9.2-26 does with a write with response that is longer than the MTU less 3 (Core spec Vol 3 Part G 4.9.4):
//
// * It asks for an MTU of 256 ahead of everything else (lib/hci-socket/bindings.js:306), and all requests wait for the
//   answer (gatt.js:200). A link is discovered before it is used, so no write comes before the exchange.
// * The default is 23 (gatt.js:71); a refused exchange leaves it unchanged. PitPat's frames have 23 and 27 bytes, and more
//   than 20 then go as a long write (gatt.js:575): parts by Prepare Write, all queued at once, and an Execute Write.
// * A part that the pad refuses is only logged (gatt.js:598). The other parts follow, and an Execute Write that
//   executes those which the pad has accepted, half a command; its response counts as the response to the write.

const PREPARE_WRITE = 0x16;
const EXECUTE_WRITE = 0x18;
/** The flag of an Execute Write that cancels all prepared parts (Core spec Vol 3 Part F 3.4.6.3). */
const CANCEL = 0x00;

/**
 * For a connection one of whose requests was just refused: if that was a part of a long write, the other parts are not
 * sent, and an Execute Write cancels those that the pad has. Returns whether that request is sent: its response is
 * still to come.
 */
export const cancelLongWrite = (gatt: Gatt): boolean => {
  gatt._commandQueue = gatt._commandQueue.filter(({ buffer }) => buffer[0] !== PREPARE_WRITE);
  const last = gatt._commandQueue.find(({ buffer }) => buffer[0] === EXECUTE_WRITE);
  last?.buffer.writeUInt8(CANCEL, 1);
  return last !== undefined;
};
