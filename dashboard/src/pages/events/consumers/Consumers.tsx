import { Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Empty } from '../../../components/Empty';
import { LineChart } from '../../../components/LineChart';
import { Loading } from '../../../components/Loading';
import { Problem } from '../../../components/Problem';
import { ConsumerTable } from './ConsumerTable';
import { consumersOf } from './load-consumers';
import { useLag } from './use-lag';

const REFRESH_MS = 2_000;
const REFRESH_EACH_MS = 200;

/** Who takes the events of a topic, and how far behind they are. */
export const Consumers = ({ topic }: { readonly topic: string }) => {
  const { data, error, isPending, refetch, dataUpdatedAt } = useQuery({
    queryKey: ['events', 'consumers', topic],
    queryFn: ({ signal }) => consumersOf(topic, signal),
    // Each needs a separate request, so many are refreshed less often.
    refetchInterval: ({ state }) => Math.max(REFRESH_MS, (state.data?.length ?? 0) * REFRESH_EACH_MS),
    // Equal answers are points of the chart, too.
    structuralSharing: false,
  });
  const lag = useLag(data, dataUpdatedAt);
  return (
    <Stack>
      {error && <Problem error={error} onRetry={() => void refetch()} />}
      {isPending && <Loading label="Loading the consumers" />}
      {data?.length === 0 && (
        <Empty title="No consumers" hint="A group appears with its first poll, a webhook when it is created." />
      )}
      {lag.length > 0 && <LineChart label="Events behind" series={lag} unit="events" />}
      {data && data.length > 0 && <ConsumerTable consumers={data} topic={topic} />}
    </Stack>
  );
};
