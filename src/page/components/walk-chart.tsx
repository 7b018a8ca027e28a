import type { SamplePayload } from "../../api/page.js";
import { inUnits, speedUnit, tenthsText, wholeText } from "../format.js";
import { courseOf } from "../model/course.js";
import type { Units } from "../model/state.js";
import { TEXT } from "../text.js";
import { Plot, type Points } from "./plot.js";

interface Props {
  readonly samples: readonly SamplePayload[];
  readonly units: Units;
  readonly theme: string;
}

interface Line {
  readonly name: string;
  readonly unit: string;
  readonly values: Points;
  readonly span: readonly [number, number];
  readonly format: (value: number) => string;
  readonly height: number;
}

/**
 * One session: its speed and other values, one chart below the other on the same time axis; pauses are shaded in all.
 */
export const WalkChart = ({ samples, units, theme }: Props) => {
  const { at, points, pauses } = courseOf(samples);
  const values = (pick: (sample: SamplePayload) => number | null): Points =>
    points.map((sample) => (sample === null ? null : pick(sample)));
  const { speed, heartRate, incline, steps } = TEXT.history.series;
  const all: readonly Line[] = [
    {
      name: speed,
      unit: speedUnit(units),
      values: values((sample) => inUnits(sample.speed, units)),
      span: [0, 4],
      format: tenthsText,
      height: 170,
    },
    {
      name: heartRate,
      unit: "bpm",
      values: values((sample) => sample.heart_rate),
      span: [60, 120],
      format: wholeText,
      height: 110,
    },
    {
      name: incline,
      unit: "%",
      values: values((sample) => sample.incline),
      span: [0, 3],
      format: tenthsText,
      height: 110,
    },
    {
      name: steps,
      unit: "",
      values: values((sample) => sample.steps),
      span: [0, 100],
      format: wholeText,
      height: 110,
    },
  ];
  return (
    <div class="walk-chart">
      {all
        .filter((line) => line.values.some((value) => value !== null && value !== 0))
        .map((line) => (
          <figure key={line.name}>
            <figcaption>
              {line.name} <span class="unit">{line.unit}</span>
            </figcaption>
            <Plot
              label={TEXT.history.chart(line.name)}
              at={at}
              series={[{ values: line.values, colour: "accent", fill: "accent-soft" }]}
              height={line.height}
              span={line.span}
              format={line.format}
              shaded={pauses}
              sync="walk"
              theme={`${theme} ${units}`}
            />
          </figure>
        ))}
      <p class="quiet-note">
        {TEXT.history.pauses(pauses.length)}
        {pauses.length > 0 && `. ${TEXT.history.pauseNote}`}
      </p>
    </div>
  );
};
