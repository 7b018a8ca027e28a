import { isIPv6 } from "node:net";

/** IPv4 in IPv6 (RFC 4291, 2.5.5.2) as IPv4: a dual-stack socket shows every IPv4 peer in this form. */
export const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, "");

/** One IPv6 household has a whole network of 64 bits. */
export const household = (address: string): string =>
  isIPv6(address) ? address.split(":").slice(0, 4).join(":") : address;
