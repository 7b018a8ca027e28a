import { TEXT } from "../text.js";
import { isAtRest, mayMove } from "./belt.js";
import type { PadModel, State } from "./state.js";

/** One sentence about the whole page. `falling`: the pads whose speed is worth watching meanwhile. */
export interface Banner {
  readonly tone: "info" | "warning" | "danger";
  readonly text: string;
  readonly busy: boolean;
  readonly falling: readonly PadModel[];
}

const banner = (tone: Banner["tone"], text: string, more: Partial<Banner> = {}): Banner => ({
  tone,
  text,
  busy: false,
  falling: [],
  ...more,
});

/** The bridge has said goodbye: what it knew of the belts when it did. */
const ended = ({ bridge, pads }: State): Banner => {
  const nameOf = (id: string): string => pads?.find(({ about }) => about.id === id)?.about.name ?? id;
  const left = (word: "moving" | "falling"): string =>
    (bridge?.belts ?? [])
      .filter(({ belt }) => belt === word)
      .map(({ pad }) => nameOf(pad))
      .join(", ");
  const moving = left("moving");
  if (moving !== "") return banner("danger", TEXT.banner.endedMoving(moving));
  const falling = left("falling");
  if (falling !== "") return banner("warning", TEXT.banner.endedFalling(falling));
  // An end that does not say how it left the belts is judged by what was seen of them.
  const unsure = bridge?.belts
    ? []
    : (pads ?? []).filter((pad) => pad.state !== null && !isAtRest(pad) && mayMove(pad));
  if (unsure.length > 0)
    return banner("danger", TEXT.banner.endedMoving(unsure.map(({ about }) => about.name).join(", ")));
  return banner("info", TEXT.banner.ended);
};

/** The state of the connection, where it is not simply there. One at a time: the one that matters most. */
export const connectionBanner = (state: State): Banner | null => {
  const { bridge, connection, pads, refusal } = state;
  if (bridge?.state === "offline") return ended(state);
  if (connection === "lost")
    return banner("danger", refusal === null ? TEXT.banner.lost : TEXT.banner.refused(refusal), {
      busy: true,
    });
  if (connection === "connecting" || pads === null)
    return banner("info", TEXT.banner.connecting, { busy: true });
  if (bridge?.state === "stopping") {
    const falling = pads.filter(mayMove);
    const text = falling.length > 0 ? TEXT.banner.stopping : TEXT.banner.stoppingRest;
    return banner("warning", text, { busy: true, falling });
  }
  return null;
};

/** What is wrong at the bridge itself, as it says so. */
export const adviceBanners = ({ connection, info }: State): readonly Banner[] => {
  if (connection !== "open" || info === null) return [];
  const { radio, store } = info;
  return [
    ...(radio.advice === null ? [] : [banner("warning", TEXT.banner.radio(radio.advice))]),
    ...(store.advice === null ? [] : [banner("info", TEXT.banner.store(store.advice))]),
  ];
};
