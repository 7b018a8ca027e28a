import type { SessionPayload } from "../../api/page.js";
import { distanceWithUnit, durationText, speedWithUnit, stepsText, timeText, wholeText } from "../format.js";
import type { OpenWalk, State } from "../model/state.js";
import type { Actions } from "../net/actions.js";
import { downloadUrl } from "../net/requests.js";
import { TEXT } from "../text.js";
import { Icon } from "./icons.js";
import { themeOf } from "./live-chart.js";
import { WalkChart } from "./walk-chart.js";

interface Props {
  readonly state: State;
  readonly actions: Actions;
}

/** Null where the pad is the only one. A pad that is not configured any more keeps its walks, under its id. */
const padName = ({ pads }: State, id: string): string | null => {
  const isOnly = pads === null || (pads.length === 1 && pads[0]?.about.id === id);
  return isOnly ? null : (pads.find(({ about }) => about.id === id)?.about.name ?? id);
};

const WalkRow = ({ walk, state, actions }: Props & { readonly walk: SessionPayload }) => {
  const { units } = state.preferences;
  const pad = padName(state, walk.pad);
  return (
    <li>
      <button type="button" class="walk-row" onClick={() => actions.openWalk(walk)}>
        <span class="walk-time">
          {timeText(new Date(walk.started_at))}
          {walk.state !== "ended" && <em> {TEXT.history.under}</em>}
          {pad !== null && <bdi class="walk-pad">{pad}</bdi>}
        </span>
        <span class="walk-facts">
          <strong>{distanceWithUnit(walk.distance, units)}</strong>
          <span>{durationText(walk.duration)}</span>
          <span>{stepsText(walk.steps)}</span>
        </span>
        <Icon name="next" />
      </button>
    </li>
  );
};

/** The sessions of one day. */
export const WalkList = ({ state, actions }: Props) => {
  const { walks } = state.history;
  if (walks.status === "failed") return <p class="refusal">{walks.message}</p>;
  if (walks.status !== "ready") return <p class="quiet-note">{TEXT.history.loading}</p>;
  if (walks.value.length === 0) return <p class="quiet-note">{TEXT.history.noWalks}</p>;
  return (
    <ul class="walk-list">
      {walks.value.map((walk) => (
        <WalkRow key={`${walk.pad} ${walk.id}`} walk={walk} state={state} actions={actions} />
      ))}
    </ul>
  );
};

const Course = ({ open, state }: { readonly open: OpenWalk; readonly state: State }) => {
  const { samples } = open;
  if (samples.status === "failed") return <p class="refusal">{samples.message}</p>;
  if (samples.status !== "ready") return <p class="quiet-note">{TEXT.history.loading}</p>;
  if (samples.value.length === 0) return <p class="quiet-note">{TEXT.history.samples}</p>;
  return <WalkChart samples={samples.value} units={state.preferences.units} theme={themeOf(state)} />;
};

export const Downloads = ({
  filter,
  formats,
}: {
  readonly filter: Parameters<typeof downloadUrl>[1];
  readonly formats: readonly ("csv" | "tcx" | "fit")[];
}) => (
  <p class="downloads">
    <span>{TEXT.history.download}</span>
    {formats.map((format) => (
      <a key={format} class="button chip" href={downloadUrl(format, filter)} download>
        {TEXT.history.downloads[format]}
      </a>
    ))}
  </p>
);

/** One session: its numbers, its charts, its files. */
export const WalkDetail = ({ open, state, actions }: Props & { readonly open: OpenWalk }) => {
  const { walk } = open;
  const { units } = state.preferences;
  const pad = padName(state, walk.pad);
  const facts: readonly (readonly [string, string])[] = [
    [TEXT.numbers.distance, distanceWithUnit(walk.distance, units)],
    [TEXT.numbers.time, durationText(walk.duration)],
    [TEXT.numbers.steps, wholeText(walk.steps)],
    [
      TEXT.numbers.calories,
      `${walk.calories_source === "estimate" ? "~" : ""}${wholeText(walk.calories)} kcal`,
    ],
    [TEXT.numbers.average, speedWithUnit(walk.average_speed, units)],
  ];
  return (
    <div class="walk-detail">
      <button type="button" class="back" onClick={() => actions.closeWalk()}>
        <Icon name="back" /> {TEXT.history.back}
      </button>
      <h3>
        {TEXT.history.walk(timeText(new Date(walk.started_at)))}
        {pad !== null && <bdi class="aside"> {TEXT.history.from(pad)}</bdi>}
      </h3>
      <dl class="figures small">
        {facts.map(([name, value]) => (
          <div class="figure" key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Course open={open} state={state} />
      <Downloads filter={{ id: walk.id, pad: walk.pad }} formats={["csv", "tcx", "fit"]} />
    </div>
  );
};
