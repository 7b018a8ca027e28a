import { TEXT } from "../text.js";
import { isAtRest, mayMove } from "./belt.js";
import type { PadModel, State } from "./state.js";

/** One sentence about the whole page. `falling`: the pads whose speed is shown with it. */
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

/** After the bridge's `offline`: the state of each belt at that time. */
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
  // Without a report of the belts their last known state decides.
  const unsure = bridge?.belts
    ? []
    : (pads ?? []).filter((pad) => pad.state !== null && !isAtRest(pad) && mayMove(pad));
  if (unsure.length > 0)
    return banner("danger", TEXT.banner.endedMoving(unsure.map(({ about }) => about.name).join(", ")));
  return banner("info", TEXT.banner.ended);
};

/** The state of the connection, unless it is open. One banner at a time: the most important. */
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
    const moving = pads.filter(mayMove);
    // A belt that is at speed 0 and not yet confirmed at rest has no speed to watch.
    const falling = moving.filter(({ state: told }) => told?.speed !== 0);
    const text = moving.length > 0 ? TEXT.banner.stopping : TEXT.banner.stoppingRest;
    return banner("warning", text, { busy: true, falling });
  }
  return null;
};

/** Problems of the bridge itself, in its own sentences. */
export const adviceBanners = ({ connection, info }: State): readonly Banner[] => {
  if (connection !== "open" || info === null) return [];
  const { radio, store } = info;
  return [
    ...(radio.advice === null ? [] : [banner("warning", TEXT.banner.radio(radio.advice))]),
    ...(store.advice === null ? [] : [banner("info", TEXT.banner.store(store.advice))]),
  ];
};
