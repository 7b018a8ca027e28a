import type { Gatt } from "../session.js";

const SERVICE = "fff0";
export const NOTIFY = "fff1";
export const WRITE = "fff2";

/** Whether a write wants a response; null: not the layout of this module. Others have FFF0 with the roles swapped. */
export const responseOf = ({ services, properties }: Gatt): boolean | null => {
  const allows = (characteristic: string, what: string): boolean =>
    properties.get(characteristic)?.includes(what) ?? false;
  const offered = services.get(SERVICE) ?? [];
  const notifies = offered.includes(NOTIFY) && allows(NOTIFY, "notify");
  if (!notifies || !offered.includes(WRITE) || allows(WRITE, "notify")) return null;
  if (allows(WRITE, "write-without-response")) return false;
  return allows(WRITE, "write") ? true : null;
};
