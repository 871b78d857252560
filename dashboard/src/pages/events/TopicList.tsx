import { Button, Group, Stack, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { DataTable, type Column } from '../../components/DataTable';
import { Empty } from '../../components/Empty';
import { Loading } from '../../components/Loading';
import { LongText } from '../../components/LongText';
import { Problem } from '../../components/Problem';
import { useMay } from '../../session/use-session';
import { CreateTopic } from './CreateTopic';
import type { Topic } from './types';
import { useTopics } from './use-topics';

const DAY_SECONDS = 86_400;

const COLUMNS: readonly Column<Topic>[] = [
  { key: 'name', header: 'Topic', render: ({ name }) => <bdi>{name}</bdi> },
  {
    key: 'changes',
    header: 'Takes changes',
    render: ({ changes }) => (changes.length === 0 ? 'none' : <LongText value={changes.join(', ')} max={100} />),
  },
  {
    key: 'retention',
    header: 'Kept for',
    render: ({ retention_seconds: seconds }) =>
      seconds === null ? 'as usual' : `${(seconds / DAY_SECONDS).toFixed(1)} days`,
  },
  { key: 'broker', header: 'Broker', render: ({ broker }) => brokerOf(broker) },
];

const brokerOf = ({ enabled, attached }: Topic['broker']): string => {
  if (!enabled) return 'no';
  return attached ? 'follows' : 'none attached';
};

export const TopicList = ({ onOpen }: { readonly onOpen: (topic: string) => void }) => {
  const { data, error, isPending, isSuccess, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useTopics();
  const [isCreating, { open, close }] = useDisclosure(false);
  const mayWrite = useMay('write');
  const topics = data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <Stack component="section" aria-labelledby="topics" gap="sm">
      <Group justify="space-between">
        <Title order={2} size="h4" id="topics">
          Topics
        </Title>
        {mayWrite && (
          <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={open}>
            New topic
          </Button>
        )}
      </Group>
      {error && <Problem error={error} onRetry={() => void refetch()} />}
      {isPending && <Loading label="Reading topics" />}
      {isSuccess && topics.length === 0 && <Empty title="No topic yet" hint="Events are published to topics." />}
      {topics.length > 0 && (
        <DataTable
          caption="Topics"
          columns={COLUMNS}
          rows={topics}
          rowKey={({ name }) => name}
          onRowClick={({ name }) => onOpen(name)}
        />
      )}
      {hasNextPage && (
        <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          Show more topics
        </Button>
      )}
      {isCreating && <CreateTopic onClose={close} onMade={onOpen} />}
    </Stack>
  );
};
