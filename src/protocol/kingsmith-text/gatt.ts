import type { Gatt } from "../session.js";

/** The layouts of more-protocols 1.1, in the order in which they are tried; never by name. */
const SERVICES = ["0002123400001000800000805f9b34fb", "0001123400001000800000805f9b34fb", "1234"] as const;

export interface Channel {
  readonly write: string;
  readonly notify: string;
  readonly response: boolean;
}

/**
 * The characteristics for writes and notifications, by their properties: two sources have the roles of one layout
 * reversed.
 */
export const channelOf = ({ services, properties }: Gatt): Channel | null => {
  const allows = (characteristic: string, what: string): boolean =>
    properties.get(characteristic)?.includes(what) ?? false;
  for (const service of SERVICES) {
    const offered = services.get(service) ?? [];
    const notify = offered.find((each) => allows(each, "notify"));
    const others = offered.filter((each) => each !== notify);
    const write =
      others.find((each) => allows(each, "write-without-response")) ??
      others.find((each) => allows(each, "write"));
    if (notify !== undefined && write !== undefined)
      return { write, notify, response: !allows(write, "write-without-response") };
  }
  return null;
};
