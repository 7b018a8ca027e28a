import { readFileSync } from "node:fs";

/** The version in package.json, the one source; it lies one folder above both src and dist. */
export const readVersion = (): string => {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  return version;
};
