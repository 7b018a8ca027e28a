import { dayText, metricText, monthText, shortDayText, weekdayText } from "../format.js";
import { type Bar, dateOf } from "../model/days.js";
import type { Metric, Range, Units } from "../model/state.js";
import { TEXT } from "../text.js";

interface Props {
  readonly bars: readonly Bar[];
  readonly range: Range;
  readonly metric: Metric;
  readonly units: Units;
  /** The day's goal in the metric's unit; null: none. */
  readonly goal: number | null;
  readonly day: string | null;
  readonly onDay: (day: string) => void;
}

const HEIGHT = 100;

/** The labels below the bars. */
const tickOf = (range: Range, { day }: Bar, index: number, count: number): string | null => {
  const date = dateOf(day);
  switch (range) {
    case "week":
      return weekdayText(date);
    case "month":
      return (count - 1 - index) % 7 === 0 ? shortDayText(date) : null;
    case "year":
      return date.getDate() === 1 && date.getMonth() % 2 === 0 ? monthText(date) : null;
  }
};

const STEP: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, PageUp: -7, PageDown: 7 };

/** Days as bars with the goal as a line. One tab stop; arrow keys, touch and mouse select the day. */
export const DayBars = ({ bars, range, metric, units, goal, day, onDay }: Props) => {
  const top = Math.max(
    ...bars.map(({ value }) => value),
    (goal ?? 0) * 1.15,
    metric === "distance" ? 0.1 : 1,
  );
  const chosen = bars.findIndex((bar) => bar.day === day);
  const current = bars[chosen];
  const choose = (index: number): void => {
    const bar = bars[Math.min(bars.length - 1, Math.max(0, index))];
    if (bar) onDay(bar.day);
  };
  const onKey = (event: KeyboardEvent): void => {
    const step = STEP[event.key];
    const end = event.key === "Home" ? 0 : event.key === "End" ? bars.length - 1 : null;
    if (step === undefined && end === null) return;
    event.preventDefault();
    choose(end ?? (chosen < 0 ? bars.length - 1 : chosen + (step ?? 0)));
  };
  const onPointer = (event: PointerEvent): void => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    choose(Math.floor(((event.clientX - box.left) / box.width) * bars.length));
  };
  const y = (value: number): number => HEIGHT - (value / top) * HEIGHT;
  return (
    <div class={`bars ${range}`}>
      <p class="bars-top">{metricText(metric, top, units)}</p>
      <div
        class="bars-plot"
        role="slider"
        tabIndex={0}
        data-arrows
        aria-label={TEXT.history.bars}
        aria-valuemin={0}
        aria-valuemax={bars.length - 1}
        aria-valuenow={chosen < 0 ? bars.length - 1 : chosen}
        aria-valuetext={
          current
            ? TEXT.history.bar(dayText(dateOf(current.day)), metricText(metric, current.value, units))
            : undefined
        }
        onKeyDown={onKey}
        onPointerDown={onPointer}
      >
        <svg viewBox={`0 0 ${bars.length} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          {bars.map((bar, index) => (
            <g key={bar.day}>
              {index === chosen && <rect class="bar-chosen" x={index} y={0} width={1} height={HEIGHT} />}
              <rect
                class={`bar ${goal !== null && bar.value >= goal ? "reached" : ""}`}
                x={index + 0.14}
                y={y(bar.value)}
                width={0.72}
                height={HEIGHT - y(bar.value)}
              />
            </g>
          ))}
          {goal !== null && <line class="goal-line" x1={0} x2={bars.length} y1={y(goal)} y2={y(goal)} />}
        </svg>
      </div>
      <div class="bars-ticks" aria-hidden="true">
        {bars.map((bar, index) => {
          const tick = tickOf(range, bar, index, bars.length);
          return tick === null ? null : (
            <span key={bar.day} style={{ left: `${((index + 0.5) / bars.length) * 100}%` }}>
              {tick}
            </span>
          );
        })}
      </div>
    </div>
  );
};
