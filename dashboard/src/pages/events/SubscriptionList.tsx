import { Stack, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { DataTable, type Column } from '../../components/DataTable';
import { Problem } from '../../components/Problem';
import { StateBadge } from '../../components/StateBadge';
import { subscriptionsOf } from './consumers/load-consumers';
import { count } from './format';
import type { Consumer } from './types';

const REFRESH_MS = 3_000;

const COLUMNS: readonly Column<Consumer>[] = [
  { key: 'name', header: 'Subscription', render: ({ name }) => <bdi>{name}</bdi> },
  { key: 'state', header: 'State', render: ({ state }) => <StateBadge state={state} /> },
  { key: 'behind', header: 'Messages behind', align: 'end', render: ({ behind }) => count(behind) },
];

/** What reads topics of a broker into this project; nothing where there is none. */
export const SubscriptionList = ({ onOpen }: { readonly onOpen: (name: string) => void }) => {
  const { data, error, refetch } = useQuery({
    queryKey: ['events', 'subscriptions'],
    queryFn: ({ signal }) => subscriptionsOf(signal),
    refetchInterval: REFRESH_MS,
  });
  if (error) return <Problem error={error} onRetry={() => void refetch()} />;
  if (!data || data.length === 0) return null;
  return (
    <Stack component="section" aria-labelledby="subscriptions" gap="sm">
      <Title order={2} size="h4" id="subscriptions">
        Subscriptions to the broker
      </Title>
      <DataTable
        caption="Subscriptions to the broker"
        columns={COLUMNS}
        rows={data}
        rowKey={({ name }) => name}
        onRowClick={({ name }) => onOpen(name)}
      />
    </Stack>
  );
};
