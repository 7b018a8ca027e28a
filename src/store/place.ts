import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decodePlace, type StoredPlace } from "./validators.js";

const fileOf = (storePath: string): string => join(storePath, "published.json");

/** Null where no earlier run is known. Never rejects. */
export const readPlace = async (storePath: string): Promise<StoredPlace | null> =>
  decodePlace(await readFile(fileOf(storePath), "utf8").catch(() => ""));

/** Rejects where it cannot be written; a partial file is never read. */
export const keepPlace = async (storePath: string, place: StoredPlace): Promise<void> => {
  const draft = `${fileOf(storePath)}.new`;
  await writeFile(draft, `${JSON.stringify(place)}\n`);
  await rename(draft, fileOf(storePath));
};
