import { Button, Stack } from '@mantine/core';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client';
import { ConfirmButton } from '../../components/ConfirmButton';
import { DataTable } from '../../components/DataTable';
import { Empty } from '../../components/Empty';
import { Loading } from '../../components/Loading';
import { LongText } from '../../components/LongText';
import { Problem } from '../../components/Problem';
import { StateBadge } from '../../components/StateBadge';
import { When } from '../../components/When';
import { keyState } from './key';
import { NewKey } from './NewKey';

interface Props {
  readonly project: string;
}

/** The keys of the project, revoked ones included. */
export function Keys({ project }: Props) {
  const client = useQueryClient();
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ['keys', project],
    queryFn: ({ signal, pageParam }) => api.get('/v1/keys', { signal, query: { limit: 100, after: pageParam } }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined,
  });
  const changed = () => client.invalidateQueries({ queryKey: ['keys'] });
  const revoke = async (id: string) => {
    await api.delete('/v1/keys/{id}', { path: { id } });
    await changed();
  };
  if (error) return <Problem error={error} onRetry={() => void refetch()} />;
  if (!data) return <Loading label="Loading the keys" />;
  const rows = data.pages.flatMap((page) => page.data);
  return (
    <Stack align="flex-start">
      <NewKey project={project} onCreated={() => void changed()} />
      {rows.length === 0 ? (
        <Empty
          title="This project has no keys"
          hint="The root key may do everything; create separate keys for applications."
        />
      ) : (
        <DataTable
          caption={`Keys of the project ${project}`}
          rows={rows}
          rowKey={({ id }) => id}
          columns={[
            { key: 'name', header: 'Name', render: ({ name }) => <LongText value={name} max={80} /> },
            { key: 'role', header: 'Role' },
            { key: 'state', header: 'State', render: (key) => <StateBadge state={keyState(key, Date.now())} /> },
            { key: 'created_at', header: 'Created', render: ({ created_at }) => <When at={created_at} /> },
            {
              key: 'expires_at',
              header: 'Expires',
              render: ({ expires_at }) => (expires_at ? <When at={expires_at} /> : 'never'),
            },
            {
              key: 'revoke',
              header: 'Revoke',
              render: ({ id, name, revoked_at }) =>
                revoked_at === null && (
                  <ConfirmButton
                    label="Revoke"
                    ariaLabel={`Revoke the key ${name.slice(0, 100)}`}
                    confirm={`Every client with the key "${name.slice(0, 100)}" is refused from now on. This cannot be undone.`}
                    onConfirm={() => revoke(id)}
                  />
                ),
            },
          ]}
        />
      )}
      {hasNextPage && (
        <Button size="xs" variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          More keys
        </Button>
      )}
    </Stack>
  );
}
