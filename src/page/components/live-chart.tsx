import { speedUnit, speedWithUnit, inUnits, tenthsText } from "../format.js";
import type { PadModel, State } from "../model/state.js";
import { TRACE_SECONDS } from "../model/trace.js";
import { TEXT } from "../text.js";
import { Plot, type Points } from "./plot.js";

interface Props {
  readonly state: State;
  readonly pad: PadModel;
}

/** The theme of the colours that a canvas uses. */
export const themeOf = ({ preferences, systemDark }: State): string =>
  preferences.theme === "system" ? (systemDark ? "dark" : "light") : preferences.theme;

/** The speed of the last ten minutes, live. */
export const LiveChart = ({ state, pad }: Props) => {
  const { trace } = pad;
  const { units } = state.preferences;
  const converted = (values: Points): Points =>
    values.map((value) => (value === null ? null : inUnits(value, units)));
  const now = trace.at.at(-1) ?? 0;
  const moved = trace.speed.some((speed) => speed !== null && speed > 0);
  return (
    <section class="panel" aria-labelledby="live-title">
      <h2 id="live-title">
        {TEXT.live.label} <span class="aside">{speedUnit(units)}</span>
      </h2>
      {moved ? (
        <Plot
          label={TEXT.live.chart(speedWithUnit(pad.state?.speed ?? null, units))}
          at={trace.at}
          series={[
            { values: converted(trace.target), colour: "muted", dashed: true },
            { values: converted(trace.speed), colour: "accent", fill: "accent-soft" },
          ]}
          height={180}
          span={[0, units === "km" ? 4 : 3]}
          format={tenthsText}
          theme={`${themeOf(state)} ${units} ${pad.about.id}`}
          window={[now - TRACE_SECONDS, now]}
        />
      ) : (
        <p class="quiet-note">{TEXT.live.empty}</p>
      )}
    </section>
  );
};
