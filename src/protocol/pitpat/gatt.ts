import type { Gatt } from "../session.js";

/** How a branch of the family is laid out (more-protocols 3). */
export interface Variant {
  readonly name: "A" | "B" | "C";
  readonly service: string;
  readonly write: string;
  readonly notify: string;
  /** Frames travel behind `4D flags number length`; a write that does not begin so ends the link (WM2). */
  readonly envelope: boolean;
  /** Each notification wants exactly one heartbeat: five a second end the link after some 11 s (WM2, app trace). */
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

/** What a device that offers none of them is taken for. */
export const NO_CHANNEL: Channel = { variant: FBA, response: true };

/** The variant that a device offers. Others have FFF0 too, with the roles the other way round: properties decide. */
export const channelOf = ({ services, properties }: Gatt): Channel | null => {
  const allows = (characteristic: string, what: string): boolean =>
    properties.get(characteristic)?.includes(what) ?? false;
  const speaks = ({ service, write, notify }: Variant): boolean => {
    const offered = services.get(service) ?? [];
    const writes = allows(write, "write") || allows(write, "write-without-response");
    return [write, notify].every((each) => offered.includes(each)) && writes && allows(notify, "notify");
  };
  const variant = VARIANTS.find((each) => speaks(each) && !allows(each.write, "notify"));
  // The app asks for responses (WM2's trace), and BA10-B allows nothing else (HB). A command, 23 or 27 bytes, is more
  // than the least MTU has room for: ble/noble/long-write.ts. Real ones agree to more, or their statuses, 47 to 53
  // bytes, would be cut; the app exchanges the MTU ahead of its first write, and WM2's bridge gets 255.
  return variant ? { variant, response: allows(variant.write, "write") } : null;
};
