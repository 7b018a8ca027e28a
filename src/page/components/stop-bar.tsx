import { useLayoutEffect, useRef } from "preact/hooks";
import { speedWithUnit } from "../format.js";
import { mayMove } from "../model/belt.js";
import type { PadModel, Requests, State } from "../model/state.js";
import type { Actions } from "../net/actions.js";
import { TEXT } from "../text.js";
import { RefusalNotes } from "./controls.js";

export const stopId = (pad: string): string => `stop-${pad}`;

interface Props {
  readonly state: State;
  readonly actions: Actions;
}

/** What is shown below the word STOP: the pad's name, unless it is the only pad, and facts that are never cut. */
interface Caption {
  readonly name: string | null;
  readonly facts: readonly string[];
}

const captionOf = (pad: PadModel, { all, pads, view, preferences, connection }: State): Caption => {
  const alone = pads?.length === 1;
  // The last speed before the connection was lost is not the belt's speed now.
  const isSeen = connection === "open" && mayMove(pad);
  const speed = isSeen && (!alone || view === "history") ? pad.state?.speed : null;
  const facts = [
    ...(speed ? [speedWithUnit(speed, preferences.units)] : []),
    ...(isSent(pad) || isSent(all) ? [TEXT.stop.pending] : []),
  ];
  return { name: alone ? null : pad.about.name, facts };
};

const isSent = ({ asked }: Requests): boolean => asked.stop !== undefined && !asked.stop.undelivered;

/** The result of the last STOP. */
const Outcome = ({ pad, requests, actions }: OutcomeProps) => (
  <div>
    <RefusalNotes pad={pad} refused={requests.refused} controls={["stop"]} actions={actions} />
    <div role="alert">
      {requests.asked.stop?.undelivered && <p class="refusal">{TEXT.stop.undelivered}</p>}
    </div>
  </div>
);

interface OutcomeProps {
  readonly pad: string | null;
  readonly requests: Requests;
  readonly actions: Actions;
}

/** Tells the style sheet the height of the bar, which covers the end of the page and whatever has the focus there. */
const useHeight = () => {
  const bar = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    const { current } = bar;
    if (current === null) return;
    const { style } = document.documentElement;
    const observer = new ResizeObserver(() =>
      style.setProperty("--stop-bar", `${current.getBoundingClientRect().height}px`),
    );
    observer.observe(current);
    return () => {
      observer.disconnect();
      style.removeProperty("--stop-bar");
    };
  }, []);
  return bar;
};

/**
 * One STOP for each pad: always visible, never disabled, whatever the state of the pad, the bridge or the connection.
 * Before the first picture there is one STOP for all pads.
 */
export const StopBar = ({ state, actions }: Props) => {
  const { all, pads, selected } = state;
  const stops =
    pads === null
      ? [{ pad: null, caption: { name: TEXT.stop.all, facts: isSent(all) ? [TEXT.stop.pending] : [] } }]
      : pads.map((pad) => ({ pad: pad.about.id, caption: captionOf(pad, state) }));
  const bar = useHeight();
  return (
    <section class="stop-bar" ref={bar} aria-label={TEXT.stop.stop}>
      <div class="stops">
        {stops.map(({ pad, caption }, index) => (
          // Keyed by position: the button under a finger, or with the focus, stays when the first picture arrives.
          <button
            key={index}
            type="button"
            id={stopId(pad ?? "")}
            class={`stop ${pad === selected ? "selected" : ""}`}
            onClick={() => actions.stop(pad)}
          >
            <span class="stop-word">{TEXT.stop.stop}</span>{" "}
            {caption.name !== null && <bdi class="stop-name">{caption.name}</bdi>}{" "}
            {caption.facts.length > 0 && <span class="stop-facts">{caption.facts.join(" · ")}</span>}
          </button>
        ))}
      </div>
      <Outcome pad={null} requests={all} actions={actions} />
      {(pads ?? []).map((pad) => (
        <Outcome key={pad.about.id} pad={pad.about.id} requests={pad} actions={actions} />
      ))}
    </section>
  );
};
