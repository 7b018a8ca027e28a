import { PROTOCOL_NAMES, type ProtocolName } from "../domain/pad.js";
import { ftms } from "./ftms/ftms.js";
import { kingsmithText } from "./kingsmith-text/kingsmith-text.js";
import { pitpat } from "./pitpat/pitpat.js";
import type { Gatt, Protocol } from "./session.js";
import { sperax } from "./sperax/sperax.js";
import { wilink } from "./wilink/wilink.js";

const PROTOCOLS: Readonly<Record<ProtocolName, Protocol>> = {
  wilink,
  ftms,
  "kingsmith-text": kingsmithText,
  pitpat,
  sperax,
};

/** The protocol for a connected device: the one that the config names, else the first that its GATT offers. */
export const protocolFor = (gatt: Gatt, wanted: "auto" | ProtocolName): Protocol | null => {
  const names = wanted === "auto" ? PROTOCOL_NAMES : [wanted];
  return names.map((name) => PROTOCOLS[name]).find((protocol) => protocol.speaks(gatt)) ?? null;
};
