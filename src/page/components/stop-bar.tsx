import { useLayoutEffect, useRef } from "preact/hooks";
import { speedText, speedUnit } from "../format.js";
import { mayMove } from "../model/belt.js";
import type { PadModel, Requests, State, Units } from "../model/state.js";
import type { Actions } from "../net/actions.js";
import { TEXT } from "../text.js";
import { RefusalNotes } from "./controls.js";

export const stopId = (pad: string): string => `stop-${pad}`;

interface Props {
  readonly state: State;
  readonly actions: Actions;
}

/** What is shown beside the word STOP. */
interface Caption {
  /** Null for the only pad. */
  readonly name: string | null;
  readonly speed: number | null;
  readonly sent: boolean;
}

const captionOf = (pad: PadModel, { all, pads, view, connection }: State): Caption => {
  const alone = pads?.length === 1;
  // The last speed before the connection was lost is not the belt's speed now.
  const isSeen = connection === "open" && mayMove(pad);
  const speed = isSeen && (!alone || view === "history") ? (pad.state?.speed ?? null) : null;
  return { name: alone ? null : pad.about.name, speed: speed || null, sent: isSent(pad) || isSent(all) };
};

const isSent = ({ asked }: Requests): boolean => asked.stop !== undefined && !asked.stop.undelivered;

/** Never cut. In a narrow button only the last one is shown, in one that is low, too, without its `stop-detail`. */
const Facts = ({ speed, sent, units }: Omit<Caption, "name"> & { readonly units: Units }) =>
  speed === null && !sent ? null : (
    <span class="stop-facts">
      {speed !== null && (
        <span class="stop-fact">
          {speedText(speed, units)}
          <span class="stop-detail">
            {" "}
            {speedUnit(units)}
            {sent && " · "}
          </span>
        </span>
      )}
      {sent && (
        <span class="stop-fact">
          <span class="stop-detail">{TEXT.stop.pending[0]} </span>
          {TEXT.stop.pending[1]}
        </span>
      )}
    </span>
  );

const Face = ({ caption, units }: { readonly caption: Caption; readonly units: Units }) => (
  <span class="stop-face">
    <span class="stop-word">{TEXT.stop.stop}</span>{" "}
    {caption.name !== null && <bdi class="stop-name">{caption.name}</bdi>}{" "}
    <Facts speed={caption.speed} sent={caption.sent} units={units} />
  </span>
);

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
 * Tells the style sheet whether the buttons do not all fit without the one for every pad, so that some have to be
 * scrolled to.
 */
const useOverflow = (count: number) => {
  const row = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const { current } = row;
    const stops = current?.querySelector(".stops");
    if (!current || !stops) return;
    const observer = new ResizeObserver(() => {
      current.classList.remove("overflows");
      current.classList.toggle("overflows", stops.scrollHeight > stops.clientHeight + 1);
    });
    observer.observe(current);
    return () => observer.disconnect();
  }, [count]);
  return row;
};

/**
 * One STOP for each pad: always visible, never disabled, whatever the state of the pad, the bridge or the connection.
 * Before the first picture there is one STOP for all pads; and beside the others where they do not all fit.
 */
export const StopBar = ({ state, actions }: Props) => {
  const { all, pads, selected, preferences } = state;
  const every = { pad: null, caption: { name: TEXT.stop.all, speed: null, sent: isSent(all) } };
  const stops =
    pads === null ? [every] : pads.map((pad) => ({ pad: pad.about.id, caption: captionOf(pad, state) }));
  const bar = useHeight();
  const row = useOverflow(stops.length);
  return (
    <section class="stop-bar" ref={bar} aria-label={TEXT.stop.stop}>
      <div class="stops-row" ref={row}>
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
              <Face caption={caption} units={preferences.units} />
            </button>
          ))}
        </div>
        <button type="button" class="stop stop-every" onClick={() => actions.stop(null)}>
          <Face caption={every.caption} units={preferences.units} />
        </button>
      </div>
      <Outcome pad={null} requests={all} actions={actions} />
      {(pads ?? []).map((pad) => (
        <Outcome key={pad.about.id} pad={pad.about.id} requests={pad} actions={actions} />
      ))}
    </section>
  );
};
