import { Button, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { api } from '../../api/client';
import { DataTable } from '../../components/DataTable';
import { Loading } from '../../components/Loading';
import { Problem } from '../../components/Problem';
import { StateBadge } from '../../components/StateBadge';
import { When } from '../../components/When';
import { SERVICE_TITLES, type ServiceName } from '../../services/service';

interface Props {
  readonly name: ServiceName;
  /** Time of the last change of state; a new value reloads the list. */
  readonly since: string;
}

const PAGE = 20;

/** Every stored change of state, newest first. */
export function History({ name, since }: Props) {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['history', name, since],
    queryFn: ({ signal, pageParam }) =>
      api.get('/v1/services/{service}/history', {
        path: { service: name },
        signal,
        query: { limit: PAGE, after: pageParam },
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined,
  });
  if (error) return <Problem error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading label="Loading the history" />;
  const rows = data.pages.flatMap((page) => page.data);
  if (rows.length === 0) return <Text c="dimmed">Its state has never changed.</Text>;
  return (
    <>
      <DataTable
        caption={`History of ${SERVICE_TITLES[name]}`}
        rows={rows}
        rowKey={({ at, to, replica }) => `${at} ${to} ${replica}`}
        columns={[
          { key: 'at', header: 'When', render: ({ at }) => <When at={at} /> },
          { key: 'from', header: 'From', render: ({ from }) => <StateBadge state={from} /> },
          { key: 'to', header: 'To', render: ({ to }) => <StateBadge state={to} /> },
          { key: 'reason', header: 'Why' },
          { key: 'replica', header: 'Seen by', render: ({ replica }) => <span className="one-line">{replica}</span> },
        ]}
      />
      {hasNextPage && (
        <Button size="xs" variant="default" mt="xs" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          Older changes
        </Button>
      )}
    </>
  );
}
