import type { Address } from "../../src/ble/radio.js";

/** What goes wrong; tests change it as they go. PDUs are ATT, packets are HCI with their H4 type. */
export interface Faults {
  /** Milliseconds that a packet of the host takes to reach the device; what has not by the disconnect never does. */
  airtime: number;
  /** Milliseconds before each answer of a device. */
  answerDelay: number;
  /** An ATT status instead of an answer; null: it is answered. */
  attError: (pdu: Buffer, address: Address) => number | null;
  /** Requests that are never answered. */
  unanswered: (pdu: Buffer, address: Address) => boolean;
  /** PDUs upon which the device disconnects instead of answering. */
  disconnectOn: (pdu: Buffer, address: Address) => boolean;
  /** Packets from the controller that the host never sees. */
  lose: (packet: Buffer) => boolean;
  /** HCI status of a connection that fails; null: it does not. */
  connectStatus: (address: Address) => number | null;
  /** Devices that advertise and never answer a connect. */
  deaf: (address: Address) => boolean;
  /** Commands that the controller refuses, with the status; null: it obeys. */
  refuse: (opcode: number) => number | null;
}

export const noFaults = (): Faults => ({
  airtime: 0,
  answerDelay: 0,
  attError: () => null,
  unanswered: () => false,
  disconnectOn: () => false,
  lose: () => false,
  connectStatus: () => null,
  deaf: () => false,
  refuse: () => null,
});
