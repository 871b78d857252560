import { Paper, SimpleGrid, Text } from '@mantine/core';
import { LineChart } from '../../components/LineChart';
import type { Series } from '../../components/line-chart-data';
import { rateOf, type Snapshot } from './traffic';

interface Props {
  readonly snapshots: readonly Snapshot[];
}

/** Requests, errors and searches of the last minutes. */
export function Traffic({ snapshots }: Props) {
  const engines = [...new Set(snapshots.flatMap(({ searches }) => Object.keys(searches)))].sort();
  const requests: readonly Series[] = [
    { label: 'answered', points: rateOf(snapshots, (one) => one.requests) },
    { label: 'refused (4xx)', points: rateOf(snapshots, (one) => one.refused), means: 'refused' },
    { label: 'failed (5xx)', points: rateOf(snapshots, (one) => one.failed), means: 'failed' },
  ];
  const searches: readonly Series[] = engines.map((engine) => ({
    label: `by ${engine}`,
    points: rateOf(snapshots, (one) => one.searches[engine] ?? 0),
  }));
  return (
    <SimpleGrid cols={{ base: 1, lg: 2 }}>
      <Paper withBorder p="sm" radius="md">
        <LineChart label="Requests" series={requests} unit="/s" />
      </Paper>
      <Paper withBorder p="sm" radius="md">
        {engines.length === 0 ? (
          <Text c="dimmed">No vector search since this process was started.</Text>
        ) : (
          <LineChart label="Vector searches" series={searches} unit="/s" />
        )}
      </Paper>
    </SimpleGrid>
  );
}
