import { Box, Group, Text, useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { aligned, chartOptions, coloursOf, hasValues, type Series } from './line-chart-data';

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
  const colours = coloursOf(series, scheme);
  const drawn = colours.join();
  const isEmpty = !hasValues(series);

  useEffect(() => {
    if (!target.current || width === 0 || isEmpty) return;
    const shape = { labels: names.split('\n'), colours: drawn.split(','), width, height, scheme, unit };
    plot.current = new uPlot(chartOptions(shape), [[]], target.current);
    return () => {
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [names, drawn, isEmpty, width, height, scheme, unit]);

  useEffect(() => plot.current?.setData(aligned(series)), [series, names, drawn, isEmpty, width, height, scheme, unit]);

  return (
    <Box ref={ref} component="figure" m={0}>
      <Group component="figcaption" gap="md" mb={4}>
        <Text size="sm" fw={600}>
          {label}
        </Text>
        {series.map(({ label: name, points }, index) => (
          <Text key={name} size="sm" component="span">
            <svg width="12" height="8" aria-hidden>
              <rect width="12" height="4" y="2" fill={colours[index]} />
            </svg>{' '}
            {name}: {shown(points.at(-1)?.[1])} {unit}
          </Text>
        ))}
      </Group>
      {isEmpty ? (
        <Text c="dimmed" h={height}>
          Nothing to show yet.
        </Text>
      ) : (
        <div ref={target} role="img" aria-label={label} />
      )}
    </Box>
  );
}

const shown = (value: number | null | undefined): string =>
  value === null || value === undefined ? '–' : value.toLocaleString('en', { maximumSignificantDigits: 4 });
