import { Paper, Text, Title, Tooltip } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api } from '../../api/client';
import type { BackgroundPiece } from '../../api/types';
import { DataTable } from '../../components/DataTable';
import { LongText } from '../../components/LongText';
import { Problem } from '../../components/Problem';
import { StateBadge } from '../../components/StateBadge';
import { clockTime } from '../../components/time';
import { When } from '../../components/When';
import { faultText, intervalText } from './background';

const POLL_MS = 2_000;

/** What the process that answers does on its own, and how it went. */
export function BackgroundList() {
  const { data, error, refetch } = useQuery({
    queryKey: ['background'],
    queryFn: async ({ signal }) => (await api.get('/v1/background', { signal })).data,
    refetchInterval: POLL_MS,
    retry: false,
  });
  return (
    <Paper withBorder p="md" radius="md" component="section" aria-label="Background work">
      <Title order={2} size="h4" mb="xs">
        Background work
      </Title>
      <Text size="sm" c="dimmed" mb="xs">
        Of the process that answers this page. What its role does not run is stopped.
      </Text>
      {error && <Problem error={error} onRetry={() => void refetch()} />}
      {data && <Table pieces={data} />}
    </Paper>
  );
}

const Table = ({ pieces }: { readonly pieces: readonly BackgroundPiece[] }) => (
  <DataTable
    caption="Background work by name"
    rows={pieces}
    rowKey={({ name }) => name}
    columns={[
      { key: 'name', header: 'What', render: (piece) => <Name piece={piece} /> },
      { key: 'state', header: 'State', render: ({ state }) => <StateBadge state={state} /> },
      { key: 'interval', header: 'Every', align: 'end', render: (piece) => intervalText(piece.interval_ms) },
      { key: 'runs', header: 'Runs', align: 'end', render: ({ runs }) => runs.toLocaleString() },
      { key: 'last_run', header: 'Last run', render: ({ last_run: run }) => (run ? <When at={run.at} /> : '–') },
      { key: 'next_run', header: 'Next', render: ({ next_run: next }) => (next === null ? '–' : clockTime(next)) },
      { key: 'fault', header: 'Last fault', render: (piece) => <LongText value={faultText(piece)} max={120} /> },
    ]}
  />
);

const Name = ({ piece: { name, description } }: { readonly piece: BackgroundPiece }) => (
  <Tooltip label={description} multiline maw="24rem">
    <span className="one-line">{name}</span>
  </Tooltip>
);
