import { SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api } from '../../api/client';
import type { UsageDay } from '../../api/types';
import { DataTable } from '../../components/DataTable';
import { LineChart } from '../../components/LineChart';
import type { Series } from '../../components/line-chart-data';
import { Loading } from '../../components/Loading';
import { Problem } from '../../components/Problem';
import { useSession } from '../../session/use-session';

type Counted = Exclude<keyof UsageDay, 'date'>;

const lineOf = (days: readonly UsageDay[], label: string, metric: Counted): Series => ({
  label,
  points: days.map((day) => [Date.parse(day.date), day[metric]]),
});

const shown = (value: number | null): string => (value === null ? '' : value.toLocaleString('en'));

/** What the project did and held on each day, and what it may. */
export function DailyUse() {
  const project = useSession()?.project;
  const { data, error, refetch } = useQuery({
    queryKey: ['daily-use', project],
    queryFn: ({ signal }) => api.get('/v1/usage', { signal }),
  });
  if (error) return <Problem error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading label="Reading the days" />;
  const { days, quotas } = data;
  return (
    <Stack>
      <Title order={2} size="h4">
        By day
      </Title>
      <SimpleGrid cols={{ base: 1, lg: 2 }}>
        <LineChart
          label="Done in a day"
          series={[
            lineOf(days, 'Requests', 'requests'),
            lineOf(days, 'Embeddings', 'embeddings'),
            lineOf(days, 'Events', 'events'),
          ]}
        />
        <LineChart
          label="Held"
          series={[
            lineOf(days, 'Records', 'records'),
            lineOf(days, 'Memories', 'memories'),
            lineOf(days, 'Files', 'files'),
          ]}
        />
      </SimpleGrid>
      <Title order={2} size="h4">
        Quotas
      </Title>
      {quotas.length === 0 ? (
        <Text c="dimmed">This project has no limits.</Text>
      ) : (
        <DataTable
          caption="Quotas"
          rows={quotas}
          rowKey={({ quota }) => quota}
          columns={[
            { key: 'quota', header: 'Quota', render: ({ quota }) => quota },
            { key: 'used', header: 'Used', align: 'end', render: ({ used }) => shown(used) },
            { key: 'soft', header: 'Soft limit', align: 'end', render: ({ soft }) => shown(soft) },
            { key: 'hard', header: 'Hard limit', align: 'end', render: ({ hard }) => shown(hard) },
            { key: 'state', header: 'State', render: ({ state }) => state },
          ]}
        />
      )}
    </Stack>
  );
}
