import { Anchor, Stack, Tabs } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useSearchParams } from 'react-router';
import { api } from '../../api/client';
import { ConfirmButton } from '../../components/ConfirmButton';
import { PageHeader } from '../../components/PageHeader';
import { Problem } from '../../components/Problem';
import { useMay } from '../../session/use-session';
import { Consumers } from './consumers/Consumers';
import { DeadLetters } from './DeadLetters';
import { lettersOfTopic } from './letter-routes';
import { count } from './format';
import { PublishEvent } from './PublishEvent';
import { LiveTail } from './tail/LiveTail';
import type { CountedTopic } from './types';
import { useTopic } from './use-topics';

interface TopicViewProps {
  readonly topic: string;
  readonly onLeave: () => void;
}

/** One topic: what happens in it now, who takes it, what could not be delivered. */
export const TopicView = ({ topic, onLeave }: TopicViewProps) => {
  const { data, error, refetch } = useTopic(topic);
  const [params, setParams] = useSearchParams();
  const mayWrite = useMay('write');
  return (
    <Stack>
      <Anchor component="button" onClick={onLeave} w="fit-content">
        All topics
      </Anchor>
      <PageHeader
        title={`Topic ${topic}`}
        description={data && describe(data)}
        actions={mayWrite && <DeleteTopic topic={topic} onDeleted={onLeave} />}
      />
      {error && <Problem error={error} onRetry={() => void refetch()} />}
      <Tabs
        value={params.get('tab') ?? 'tail'}
        onChange={(tab) => setParams({ topic, tab: tab ?? 'tail' }, { replace: true })}
        keepMounted={false}
      >
        <Tabs.List aria-label="What to see of this topic">
          <Tabs.Tab value="tail">Live tail</Tabs.Tab>
          <Tabs.Tab value="consumers">Consumers</Tabs.Tab>
          <Tabs.Tab value="dead-letters">Dead letters</Tabs.Tab>
          {mayWrite && <Tabs.Tab value="publish">Publish</Tabs.Tab>}
        </Tabs.List>
        <Tabs.Panel value="tail" pt="md">
          <LiveTail topic={topic} />
        </Tabs.Panel>
        <Tabs.Panel value="consumers" pt="md">
          <Consumers topic={topic} />
        </Tabs.Panel>
        <Tabs.Panel value="dead-letters" pt="md">
          <DeadLetters of={lettersOfTopic(topic)} mayChange={mayWrite} />
        </Tabs.Panel>
        <Tabs.Panel value="publish" pt="md">
          <PublishEvent topic={topic} />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
};

const describe = ({ events, first_offset, last_offset, order_by, broker }: CountedTopic): string =>
  [
    `${count(events)} events`,
    first_offset !== null && `offsets ${count(first_offset)} to ${count(last_offset)}`,
    `in order by ${order_by}`,
    broker.enabled && (broker.attached ? `the broker follows in ${broker.topic}` : 'no broker is attached'),
  ]
    .filter((part) => part !== false)
    .join(' · ');

const DeleteTopic = ({ topic, onDeleted }: { readonly topic: string; readonly onDeleted: () => void }) => {
  const client = useQueryClient();
  const remove = async (): Promise<void> => {
    await api.delete('/v1/topics/{topic}', { path: { topic } });
    // What is in it is still on the screen, and must not be asked for again.
    await client.invalidateQueries({ queryKey: ['events', 'topics'] });
    onDeleted();
  };
  return (
    <ConfirmButton
      label="Delete topic"
      confirm="Delete the topic with its events, groups and dead letters? This cannot be undone."
      typed={topic}
      onConfirm={remove}
    />
  );
};
