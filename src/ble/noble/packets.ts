// HCI packets as a Linux HCI socket has them, H4 type first (Core spec Vol 4 Part A 2).
export const EVENT = 0x04;
export const ACL = 0x02;
export const ATT_CHANNEL = 0x0004;
export const L2CAP_HEADER = 4;
const ACL_HEADER = 5;
const COMMAND_COMPLETE = 0x0e;
const COMMAND_STATUS = 0x0f;
const READ_RSSI = 0x1405;

/** An ATT PDU in one packet that is not flushed automatically, PB flag 0 (Core spec Vol 4 Part E 5.4.2, Vol 3 Part A 3.1). */
export const aclPacket = (connection: number, pdu: Buffer): Buffer => {
  const packet = Buffer.alloc(ACL_HEADER + L2CAP_HEADER + pdu.length);
  packet.writeUInt8(ACL, 0);
  packet.writeUInt16LE(connection, 1);
  packet.writeUInt16LE(L2CAP_HEADER + pdu.length, 3);
  packet.writeUInt16LE(pdu.length, 5);
  packet.writeUInt16LE(ATT_CHANNEL, 7);
  pdu.copy(packet, ACL_HEADER + L2CAP_HEADER);
  return packet;
};

interface RssiAnswer {
  /** Null where the controller does not report it. */
  readonly connection: number | null;
  readonly rssi: number | null;
}

/** A controller answers Read RSSI by Command Complete, or by Command Status where it does not support the command. */
export const rssiAnswer = (packet: Buffer): RssiAnswer | null => {
  if (packet[0] !== EVENT) return null;
  if (packet[1] === COMMAND_STATUS && packet.readUInt16LE(5) === READ_RSSI)
    return { connection: null, rssi: null };
  if (packet[1] !== COMMAND_COMPLETE || packet.readUInt16LE(4) !== READ_RSSI) return null;
  const isRefused = packet[6] !== 0;
  return {
    connection: packet.length < 9 ? null : packet.readUInt16LE(7),
    rssi: isRefused ? null : packet.readInt8(9),
  };
};
