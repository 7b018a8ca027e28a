import { isIPv6 } from "node:net";

/** IPv4 in IPv6 (RFC 4291, 2.5.5.2) as IPv4: a socket for both shows every peer so. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, "");

/** IPv6 hands whole networks of 64 bits to one household. */
export const household = (address: string): string =>
  isIPv6(address) ? address.split(":").slice(0, 4).join(":") : address;
