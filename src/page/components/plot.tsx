import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { exactTimeText, timeText } from "../format.js";

export type Points = readonly (number | null)[];

export interface PlotSeries {
  readonly values: Points;
  /** The name of a colour token. */
  readonly colour: string;
  readonly fill?: string;
  readonly dashed?: boolean;
}

export interface PlotProps {
  /** For screen readers. */
  readonly label: string;
  /** Epoch seconds. */
  readonly at: readonly number[];
  readonly series: readonly PlotSeries[];
  readonly height: number;
  /** The minimum range of the vertical axis. */
  readonly span: readonly [number, number];
  readonly format: (value: number) => string;
  /** Shaded, in epoch seconds: pauses. */
  readonly shaded?: readonly (readonly [number, number])[];
  /** Plots with the same name show the same time under the pointer. */
  readonly sync?: string;
  /** Changes with the theme: a canvas needs its colours again. */
  readonly theme: string;
  /** The range of the horizontal axis; default: that of the data. */
  readonly window?: readonly [number, number];
}

const token = (element: Element, name: string): string =>
  getComputedStyle(element).getPropertyValue(`--${name}`).trim();

const shade =
  (element: Element, shaded: () => PlotProps["shaded"]) =>
  (plot: uPlot): void => {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.fillStyle = token(element, "plot-pause");
    for (const [from, to] of shaded() ?? []) {
      const left = plot.valToPos(from, "x", true);
      ctx.fillRect(left, bbox.top, plot.valToPos(to, "x", true) - left, bbox.height);
    }
    ctx.restore();
  };

const optionsOf = (element: Element, props: () => PlotProps): uPlot.Options => {
  const { height, series, span, format, sync, window } = props();
  const axis = {
    stroke: token(element, "muted"),
    font: `12px ${getComputedStyle(element).fontFamily}`,
    grid: { stroke: token(element, "line"), width: 1 },
    ticks: { show: false },
  };
  return {
    width: Math.max(element.clientWidth, 100),
    height,
    legend: { show: false },
    padding: [8, 8, 0, 0],
    cursor: { drag: { x: false, y: false }, points: { size: 8 }, ...(sync ? { sync: { key: sync } } : {}) },
    scales: {
      x: {
        time: true,
        ...(window ? { range: () => [...(props().window ?? [0, 1])] as [number, number] } : {}),
      },
      y: { range: (_, low, high) => [Math.min(span[0], low), Math.max(span[1], high * 1.05)] },
    },
    axes: [
      {
        ...axis,
        space: 70,
        size: 28,
        grid: { show: false },
        // Of a short session the marks are less than a minute apart.
        values: (_, splits, _axis, _space, seconds) =>
          splits.map((at) => (seconds < 60 ? exactTimeText : timeText)(new Date(at * 1000))),
      },
      { ...axis, space: 36, size: 44, values: (_, splits) => splits.map(format) },
    ],
    series: [
      {},
      ...series.map(({ colour, fill, dashed }) => ({
        stroke: token(element, colour),
        width: 2,
        points: { show: false },
        ...(fill ? { fill: token(element, fill) } : {}),
        ...(dashed ? { dash: [5, 5] } : {}),
      })),
    ],
    hooks: { drawClear: [shade(element, () => props().shaded)] },
  };
};

const dataOf = ({ at, series }: PlotProps): uPlot.AlignedData => [
  [...at],
  ...series.map(({ values }) => [...values]),
];

/** A line over time, by uPlot. */
export const Plot = (props: PlotProps) => {
  const place = useRef<HTMLDivElement>(null);
  const current = useRef(props);
  const plot = useRef<uPlot | null>(null);
  current.current = props;

  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const made = new uPlot(
      optionsOf(element, () => current.current),
      dataOf(current.current),
      element,
    );
    plot.current = made;
    const resize = new ResizeObserver(() =>
      made.setSize({ width: Math.max(element.clientWidth, 100), height: current.current.height }),
    );
    resize.observe(element);
    return () => {
      resize.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [props.theme, props.series.length, props.format]);

  useEffect(() => plot.current?.setData(dataOf(props)), [props.at, props.format]);

  return <div class="plot" role="img" aria-label={props.label} ref={place} />;
};
