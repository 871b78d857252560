import { Paper, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { DataTable } from '../../components/DataTable';
import { Loading } from '../../components/Loading';
import { LongText } from '../../components/LongText';
import { Problem } from '../../components/Problem';
import { bytes } from '../../services/serving';
import { useSession } from '../../session/use-session';
import { DailyUse } from './DailyUse';
import { readUsage } from './read-usage';

const NO_USAGE = { files: 0, bytes: 0, stored_bytes: 0 };

/** What the project holds. */
export function Usage() {
  const project = useSession()?.project;
  const { data, error, refetch } = useQuery({
    queryKey: ['usage', project],
    queryFn: ({ signal }) => readUsage(signal),
  });
  if (error) return <Problem error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading label="Adding up" />;
  const { collections, buckets, topics, keys, isComplete } = data;
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const tiles: readonly (readonly [string, string])[] = [
    ['Collections', number(collections.length)],
    ['Records', number(sum(collections.map(({ records }) => records)))],
    ['Files', number(sum(buckets.map(({ usage = NO_USAGE }) => usage.files)))],
    ['Bytes of files', bytes(sum(buckets.map(({ usage = NO_USAGE }) => usage.bytes)))],
    ['Topics', number(topics)],
    ['Keys', number(keys)],
  ];
  return (
    <Stack>
      {!isComplete && <Text c="dimmed">There are more than 1,000 of a kind; the totals cover the first 1,000.</Text>}
      <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }}>
        {tiles.map(([label, value]) => (
          <Paper key={label} withBorder p="sm" radius="md">
            <Text size="sm" c="dimmed">
              {label}
            </Text>
            <Text size="xl" fw={700}>
              {value}
            </Text>
          </Paper>
        ))}
      </SimpleGrid>
      <DailyUse />
      <Title order={2} size="h4">
        Largest collections
      </Title>
      <DataTable
        caption="Largest collections"
        rows={[...collections].sort((a, b) => b.records - a.records).slice(0, 20)}
        rowKey={({ name }) => name}
        columns={[
          { key: 'name', header: 'Name', render: ({ name }) => <LongText value={name} /> },
          { key: 'records', header: 'Records', align: 'end', render: ({ records }) => number(records) },
          { key: 'dimension', header: 'Dimensions', align: 'end', render: ({ dimension }) => number(dimension) },
          {
            key: 'vectors',
            header: 'Vectors, raw',
            align: 'end',
            render: ({ records, dimension }) => bytes(4 * records * dimension),
          },
        ]}
      />
      <Title order={2} size="h4">
        Buckets
      </Title>
      <DataTable
        caption="Buckets"
        rows={buckets}
        rowKey={({ name }) => name}
        columns={[
          { key: 'name', header: 'Name', render: ({ name }) => <LongText value={name} /> },
          { key: 'files', header: 'Files', align: 'end', render: ({ usage = NO_USAGE }) => number(usage.files) },
          { key: 'bytes', header: 'Bytes', align: 'end', render: ({ usage = NO_USAGE }) => bytes(usage.bytes) },
          {
            key: 'stored',
            header: 'Stored',
            align: 'end',
            render: ({ usage = NO_USAGE }) => bytes(usage.stored_bytes),
          },
        ]}
      />
    </Stack>
  );
}

const number = (value: number): string => value.toLocaleString('en');
