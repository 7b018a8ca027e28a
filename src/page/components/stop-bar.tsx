import { speedWithUnit } from "../format.js";
import { mayMove } from "../model/belt.js";
import type { PadModel, State } from "../model/state.js";
import type { Actions } from "../net/actions.js";
import { TEXT } from "../text.js";
import { RefusalNotes } from "./controls.js";

export const stopId = (pad: string): string => `stop-${pad}`;

interface Props {
  readonly state: State;
  readonly actions: Actions;
}

const captionOf = (pad: PadModel, { pads, view, preferences }: State): readonly string[] => {
  const alone = pads?.length === 1;
  const speed = mayMove(pad) && (!alone || view === "history") ? pad.state?.speed : null;
  return [
    ...(alone ? [] : [pad.about.name]),
    ...(speed ? [speedWithUnit(speed, preferences.units)] : []),
    ...(pad.asked.stop && !pad.asked.stop.undelivered ? [TEXT.stop.pending] : []),
  ];
};

/**
 * One STOP a pad: always in view, never disabled, whatever this page believes of the pad, the bridge or the connection.
 */
export const StopBar = ({ state, actions }: Props) => (
  <section class="stop-bar" aria-label={TEXT.stop.stop}>
    <div class="stops">
      {(state.pads ?? []).map((pad) => {
        const caption = captionOf(pad, state);
        return (
          <button
            key={pad.about.id}
            type="button"
            id={stopId(pad.about.id)}
            class={`stop ${pad.about.id === state.selected ? "selected" : ""}`}
            onClick={() => actions.stop(pad.about.id)}
          >
            <span class="stop-word">{TEXT.stop.stop}</span>{" "}
            {caption.length > 0 && <bdi class="stop-caption">{caption.join(" · ")}</bdi>}
          </button>
        );
      })}
    </div>
    {(state.pads ?? []).map((pad) => (
      <div key={pad.about.id}>
        <RefusalNotes pad={pad} controls={["stop"]} actions={actions} />
        <div role="alert">
          {pad.asked.stop?.undelivered && <p class="refusal">{TEXT.stop.undelivered}</p>}
        </div>
      </div>
    ))}
  </section>
);
