import { Paper, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api } from '../../api/client';
import { standingOf } from '../../components/operation-words';
import { DataTable } from '../../components/DataTable';
import { LongText } from '../../components/LongText';
import { Problem } from '../../components/Problem';
import { StateBadge } from '../../components/StateBadge';
import { When } from '../../components/When';

const POLL_MS = 2_000;

/** The long work of this project: rebuilds, comparisons, imports. */
export function OperationsList() {
  const { data, error, refetch } = useQuery({
    queryKey: ['operations'],
    queryFn: ({ signal }) => api.get('/v1/operations', { signal, query: { limit: 20 } }),
    refetchInterval: POLL_MS,
    retry: false,
  });
  return (
    <Paper withBorder p="md" radius="md" component="section" aria-label="Long work">
      <Title order={2} size="h4" mb="xs">
        Long work of this project
      </Title>
      {error && <Problem error={error} onRetry={() => void refetch()} />}
      {data?.data.length === 0 && <Text c="dimmed">There were none yet.</Text>}
      {data && data.data.length > 0 && (
        <DataTable
          caption="Long operations of this project, newest first"
          rows={data.data}
          rowKey={({ id }) => id}
          columns={[
            { key: 'created_at', header: 'Begun', render: ({ created_at }) => <When at={created_at} /> },
            { key: 'kind', header: 'What' },
            { key: 'subject', header: 'Of' },
            { key: 'state', header: 'State', render: ({ state }) => <StateBadge state={state} /> },
            {
              key: 'progress',
              header: 'Progress or result',
              render: (operation) => <LongText value={standingOf(operation)} max={120} />,
            },
          ]}
        />
      )}
    </Paper>
  );
}
