import { HISTORY, hashOfWalk, type WalkId } from "./model/place.js";

/** The address and the browser's history, so that Back closes what was opened last. */
export interface Address {
  hash(): string;
  openWalk(walk: WalkId): void;
  /** To the list of walks: a step back where it is the one before, so that Back does not open the walk again. */
  closeWalk(): void;
}

/** Kept with an entry of the browser's history: the list of walks is the entry before it. */
const FROM_LIST = "from-list";

export const browserAddress: Address = {
  hash: () => location.hash,
  openWalk: (walk) => history.pushState(FROM_LIST, "", hashOfWalk(walk)),
  closeWalk: () => {
    if (history.state === FROM_LIST) history.back();
    else history.replaceState(null, "", HISTORY);
  },
};
