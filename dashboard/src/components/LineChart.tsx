import { Box, Group, Text, useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { aligned, chartOptions, LINE_COLOURS, type Series } from './line-chart-data';

interface Props {
  /** What the chart shows, for those who do not see it. */
  readonly label: string;
  readonly series: readonly Series[];
  readonly unit?: string;
  readonly height?: number;
}

/** Lines over time. The latest values stand beside the names, as text. */
export function LineChart({ label, series, unit = '', height = 160 }: Props) {
  const { ref, width } = useElementSize();
  const target = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>();
  const scheme = useComputedColorScheme('light');
  const names = series.map((one) => one.label).join('\n');

  useEffect(() => {
    if (!target.current || width === 0) return;
    const labels = names.split('\n');
    plot.current = new uPlot(chartOptions({ labels, width, height, scheme, unit }), [[]], target.current);
    return () => {
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [names, width, height, scheme, unit]);

  useEffect(() => plot.current?.setData(aligned(series)), [series, names, width, height, scheme, unit]);

  return (
    <Box ref={ref} component="figure" m={0}>
      <Group component="figcaption" gap="md" mb={4}>
        <Text size="sm" fw={600}>
          {label}
        </Text>
        {series.map(({ label: name, points }, index) => (
          <Text key={name} size="sm" component="span">
            <svg width="12" height="8" aria-hidden>
              <rect width="12" height="4" y="2" fill={LINE_COLOURS[scheme][index % LINE_COLOURS[scheme].length]} />
            </svg>{' '}
            {name}: {shown(points.at(-1)?.[1])} {unit}
          </Text>
        ))}
      </Group>
      <div ref={target} role="img" aria-label={label} />
    </Box>
  );
}

const shown = (value: number | null | undefined): string =>
  value === null || value === undefined ? '–' : value.toLocaleString('en', { maximumSignificantDigits: 4 });
