import type { LocalDay } from "../../src/domain/totals.js";

/** The local dates of a time zone, days of 23 and 25 hours included. Throws a RangeError for an unknown zone. */
export const localDays = (timeZone: string): LocalDay => {
  const format = new Intl.DateTimeFormat("en-US-u-ca-gregory-nu-latn", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  });
  return (epochMs) => {
    const [month = "", day = "", year = ""] = format.format(epochMs).split("/");
    return `${year.padStart(4, "0")}-${month}-${day}`;
  };
};
