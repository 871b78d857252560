import { Anchor, Stack, Title } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client';
import { ConfirmButton } from '../../components/ConfirmButton';
import { JsonView } from '../../components/JsonView';
import { Loading } from '../../components/Loading';
import { PageHeader } from '../../components/PageHeader';
import { Problem } from '../../components/Problem';
import { useMay } from '../../session/use-session';
import { DeadLetters } from './DeadLetters';
import { lettersOfSubscription } from './letter-routes';

interface SubscriptionViewProps {
  readonly name: string;
  readonly onLeave: () => void;
}

const REFRESH_MS = 3_000;

/** One subscription: how far it is, and what it could not take. */
export const SubscriptionView = ({ name, onLeave }: SubscriptionViewProps) => {
  const client = useQueryClient();
  const isAdmin = useMay('admin');
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['events', 'subscription', name],
    queryFn: ({ signal }) => api.get('/v1/subscriptions/{name}', { path: { name }, signal }),
    refetchInterval: REFRESH_MS,
  });
  const change = async (act: 'pause' | 'resume'): Promise<void> => {
    await api.post(`/v1/subscriptions/{name}/${act}`, { path: { name } });
    await client.invalidateQueries({ queryKey: ['events'] });
  };
  const label = data?.paused ? 'Go on' : 'Pause';
  const ask = data?.paused ? 'Resume it from its position?' : 'Pause it? It resumes later from its position.';
  return (
    <Stack>
      <Anchor component="button" onClick={onLeave} w="fit-content">
        All topics and subscriptions
      </Anchor>
      <PageHeader
        title={`Subscription ${name}`}
        actions={
          isAdmin &&
          data && (
            <ConfirmButton
              label={label}
              color="blue"
              confirm={ask}
              onConfirm={() => change(data.paused ? 'resume' : 'pause')}
            />
          )
        }
      />
      {error && <Problem error={error} onRetry={() => void refetch()} />}
      {isPending && <Loading label="Loading the subscription" />}
      {data && <JsonView value={data} label="Settings and position" />}
      <Title order={2} size="h4">
        Dead letters
      </Title>
      <DeadLetters of={lettersOfSubscription(name)} mayChange={isAdmin} />
    </Stack>
  );
};
