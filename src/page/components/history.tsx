import type { DayPayload } from "../../api/page.js";
import { wallClock } from "../clock.js";
import { dayText, metricText, shortDayText } from "../format.js";
import { selectedPad } from "../model/belt.js";
import { barsOf, dateOf, firstDay } from "../model/days.js";
import type { State } from "../model/state.js";
import type { Actions } from "../net/actions.js";
import { TEXT } from "../text.js";
import { Segmented } from "./controls.js";
import { DayBars } from "./day-bars.js";
import { Downloads, WalkDetail, WalkList } from "./walks.js";

interface Props {
  readonly state: State;
  readonly actions: Actions;
}

/** Without a chart: sessions that did not count this value, or no sessions. */
const noteOf = ({ info }: State, days: readonly DayPayload[], shown: number): string => {
  const count = days.reduce((sum, { sessions }) => sum + sessions, 0);
  return count > 0
    ? TEXT.goals.sessions(count)
    : TEXT.history.nothing(shown, info?.config.session.min_duration ?? null);
};

const Days = ({ state, actions, days }: Props & { readonly days: readonly DayPayload[] }) => {
  const { range, metric, day } = state.history;
  const { units } = state.preferences;
  const bars = barsOf(days, range, metric, wallClock());
  const goal = selectedPad(state)?.stats?.goals[metric]?.target ?? null;
  const total = bars.reduce((sum, { value }) => sum + value, 0);
  const best = bars.reduce<(typeof bars)[number] | null>(
    (top, bar) => (bar.value > (top?.value ?? 0) ? bar : top),
    null,
  );
  return (
    <>
      <p class="history-total">
        <strong>{metricText(metric, total, units)}</strong>
        {goal !== null && (
          <span class="goal-key">
            <span class="goal-mark" aria-hidden="true" /> {TEXT.history.goal(metricText(metric, goal, units))}
          </span>
        )}
      </p>
      <DayBars
        bars={bars}
        range={range}
        metric={metric}
        units={units}
        goal={goal}
        day={day}
        onDay={actions.openDay}
      />
      <p class="quiet-note">
        {best === null
          ? noteOf(state, days, bars.length)
          : TEXT.history.best(metricText(metric, best.value, units), shortDayText(dateOf(best.day)))}
      </p>
    </>
  );
};

/** The history: days, the sessions of a day, one session. */
export const HistoryPanel = ({ state, actions }: Props) => {
  const { range, metric, days, day, walk } = state.history;
  return (
    <>
      <section class="panel history" aria-labelledby="history-title">
        <h2 id="history-title" class="hidden">
          {TEXT.history.label}
        </h2>
        <div class="history-choices">
          <Segmented
            name="range"
            legend={TEXT.history.range}
            hideLegend
            choices={TEXT.history.ranges}
            value={range}
            onChoose={actions.openRange}
          />
          <Segmented
            name="metric"
            legend={TEXT.history.metric}
            hideLegend
            choices={TEXT.history.metrics}
            value={metric}
            onChoose={actions.metric}
          />
        </div>
        {days.status === "failed" && <p class="refusal">{days.message}</p>}
        {days.status === "loading" && <p class="quiet-note">{TEXT.history.loading}</p>}
        {days.status === "ready" && <Days state={state} actions={actions} days={days.value} />}
        <Downloads filter={{ since: firstDay(range, wallClock()) }} formats={["csv", "tcx"]} />
      </section>
      {day !== null && (
        <section class="panel" aria-labelledby="day-title">
          <h2 id="day-title">{dayText(dateOf(day))}</h2>
          {walk === null ? (
            <WalkList state={state} actions={actions} />
          ) : (
            <WalkDetail open={walk} state={state} actions={actions} />
          )}
        </section>
      )}
    </>
  );
};
