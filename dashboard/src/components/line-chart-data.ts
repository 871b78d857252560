import type uPlot from 'uplot';

export interface Series {
  readonly label: string;
  /** Milliseconds since 1970 and the value, oldest first; `null` is a gap. */
  readonly points: readonly (readonly [number, number | null])[];
}

type Scheme = 'light' | 'dark';

/** Told apart by people who see fewer colours, too. */
export const LINE_COLOURS: Readonly<Record<Scheme, readonly string[]>> = {
  light: ['#1864ab', '#d9480f', '#2b8a3e', '#862e9c', '#5c5f66'],
  dark: ['#74c0fc', '#ffa94d', '#8ce99a', '#e599f7', '#c1c2c5'],
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
  readonly width: number;
  readonly height: number;
  readonly scheme: Scheme;
  readonly unit: string;
}

export function chartOptions({ labels, width, height, scheme }: ChartShape): uPlot.Options {
  const colours = LINE_COLOURS[scheme];
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
    scales: { y: { range: (_plot, low, high) => [Math.min(0, low ?? 0), Math.max(high ?? 0, 1) * 1.1] } },
    axes: [axis, { ...axis, size: 56 }],
    series: [
      {},
      ...labels.map((label, index) => ({
        label,
        stroke: colours[index % colours.length] ?? '#1864ab',
        width: 2,
        points: { show: false },
        spanGaps: false,
      })),
    ],
  };
}
