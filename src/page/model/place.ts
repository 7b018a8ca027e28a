// What the address shows: a view, and in the history perhaps one walk.

export interface WalkId {
  readonly pad: string;
  readonly id: string;
}
export type Place = { readonly view: "walk" } | { readonly view: "history"; readonly walk: WalkId | null };

export const HISTORY = "#history";

export const hashOfWalk = ({ pad, id }: WalkId): string =>
  [HISTORY, ...[pad, id].map(encodeURIComponent)].join("/");

/** A part that was typed and cannot be decoded names nothing. */
const decoded = (part: string | undefined): string => {
  try {
    return decodeURIComponent(part ?? "");
  } catch {
    return "";
  }
};

export const placeOf = (hash: string): Place => {
  const [view, ...parts] = hash.split("/");
  if (view !== HISTORY) return { view: "walk" };
  const [pad = "", id = ""] = parts.map(decoded);
  return { view: "history", walk: pad === "" || id === "" ? null : { pad, id } };
};
