import type { Gatt } from "../session.js";

/** The layout of a variant (more-protocols 3). */
export interface Variant {
  readonly name: "A" | "B" | "C";
  readonly service: string;
  readonly write: string;
  readonly notify: string;
  /** Frames are sent behind `4D flags number length`; a write that begins otherwise ends the link (WM2). */
  readonly envelope: boolean;
  /** Each notification requires exactly one heartbeat: five a second end the link after some 11 s (WM2, app trace). */
  readonly heartbeat: boolean;
}

const FBA: Variant = {
  name: "A",
  service: "fba0",
  write: "fba1",
  notify: "fba2",
  envelope: false,
  heartbeat: false,
};

export const VARIANTS: readonly Variant[] = [
  FBA,
  { name: "B", service: "ffff", write: "ff01", notify: "ff02", envelope: true, heartbeat: true },
  { name: "C", service: "fff0", write: "fff1", notify: "fff2", envelope: true, heartbeat: true },
];

export interface Channel {
  readonly variant: Variant;
  readonly response: boolean;
}

/** The placeholder for a device with none of them. */
export const NO_CHANNEL: Channel = { variant: FBA, response: true };

/** The variant of a device. Others have FFF0 too, with the roles reversed: properties decide. */
export const channelOf = ({ services, properties }: Gatt): Channel | null => {
  const allows = (characteristic: string, what: string): boolean =>
    properties.get(characteristic)?.includes(what) ?? false;
  const speaks = ({ service, write, notify }: Variant): boolean => {
    const offered = services.get(service) ?? [];
    const writes = allows(write, "write") || allows(write, "write-without-response");
    return [write, notify].every((each) => offered.includes(each)) && writes && allows(notify, "notify");
  };
  const variant = VARIANTS.find((each) => speaks(each) && !allows(each.write, "notify"));
  // The app requests responses (WM2's trace), and BA10-B allows nothing else (HB). A command, 23 or 27 bytes, is longer
  // than the minimum MTU allows: ble/noble/long-write.ts. Real pads agree to a larger one, or their statuses, 47 to 53
  // bytes, would be truncated; the app exchanges the MTU before its first write, and WM2's bridge gets 255.
  return variant ? { variant, response: allows(variant.write, "write") } : null;
};
