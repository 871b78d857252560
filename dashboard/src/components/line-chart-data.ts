import type uPlot from 'uplot';

export interface Series {
  readonly label: string;
  /** Milliseconds since 1970 and the value, oldest first; `null` is a gap. */
  readonly points: readonly (readonly [number, number | null])[];
  /** What it counts: failures are drawn in the colour of failures. Default: nothing special. */
  readonly means?: 'refused' | 'failed';
}

type Scheme = 'light' | 'dark';

/** Told apart by people who see fewer colours, too. */
export const LINE_COLOURS: Readonly<Record<Scheme, readonly string[]>> = {
  light: ['#1864ab', '#d9480f', '#2b8a3e', '#862e9c', '#5c5f66'],
  dark: ['#74c0fc', '#ffa94d', '#8ce99a', '#e599f7', '#c1c2c5'],
};

/** The colours of what went wrong, whichever line it is; never among those above. */
const FAULT_COLOURS: Readonly<Record<Scheme, Readonly<Record<'refused' | 'failed', string>>>> = {
  light: { refused: '#d9480f', failed: '#c92a2a' },
  dark: { refused: '#ffa94d', failed: '#ff8787' },
};

/** The colour of each line. */
export const coloursOf = (series: readonly Pick<Series, 'means'>[], scheme: Scheme): string[] =>
  series.map(({ means }, index) => {
    if (means !== undefined) return FAULT_COLOURS[scheme][means];
    return LINE_COLOURS[scheme][index % LINE_COLOURS[scheme].length] ?? '#1864ab';
  });

/** Whether there is anything to draw: without a value, a chart would show an axis of its own invention. */
export const hasValues = (series: readonly Series[]): boolean =>
  series.some(({ points }) => points.some(([, value]) => value !== null));

/** Seconds that the axis shows at least. */
const SPAN = 60;

/** The axis of time: from the first value to the last, and a minute that ends with the last where that is longer. */
export const timeRange = (low: number | null, high: number | null): [number, number] => {
  const end = high ?? Date.now() / 1000;
  return [Math.min(low ?? end, end - SPAN), end];
};

/** The series on one axis of seconds, as uPlot wants them. */
export function aligned(series: readonly Series[]): uPlot.AlignedData {
  const times = [...new Set(series.flatMap(({ points }) => points.map(([time]) => time)))].sort((a, b) => a - b);
  const values = series.map(({ points }) => {
    const known = new Map(points);
    return times.map((time) => known.get(time));
  });
  return [times.map((time) => time / 1000), ...values];
}

interface ChartShape {
  readonly labels: readonly string[];
  /** One for each label. */
  readonly colours: readonly string[];
  readonly width: number;
  readonly height: number;
  readonly scheme: Scheme;
  readonly unit: string;
}

export function chartOptions({ labels, colours, width, height, scheme }: ChartShape): uPlot.Options {
  const axis = {
    stroke: scheme === 'dark' ? '#c1c2c5' : '#495057',
    grid: { stroke: scheme === 'dark' ? '#373a40' : '#e9ecef', width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { range: (_plot, low, high) => timeRange(low, high) },
      y: { range: (_plot, low, high) => [Math.min(0, low ?? 0), Math.max(high ?? 0, 1) * 1.1] },
    },
    axes: [axis, { ...axis, size: 56 }],
    series: [
      {},
      ...labels.map((label, index) => ({
        label,
        stroke: colours[index] ?? '#1864ab',
        width: 2,
        points: { show: false },
        spanGaps: false,
      })),
    ],
  };
}
