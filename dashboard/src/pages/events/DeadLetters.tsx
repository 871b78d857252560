import { useState } from 'react';
import { Badge, Button, Group, Paper, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { ConfirmButton } from '../../components/ConfirmButton';
import { Empty } from '../../components/Empty';
import { JsonView } from '../../components/JsonView';
import { Loading } from '../../components/Loading';
import { LongText } from '../../components/LongText';
import { Problem } from '../../components/Problem';
import { dateTime } from './format';
import type { LetterRoutes } from './letter-routes';
import type { DeadLetter } from './types';

interface DeadLettersProps {
  readonly of: LetterRoutes;
  readonly mayChange: boolean;
}

/** Each may have a megabyte. */
const PAGE_SIZE = 20;
const REFRESH_MS = 4_000;

/** What could not be delivered, and why; tried again or given up from here. */
export const DeadLetters = ({ of, mayChange }: DeadLettersProps) => {
  const query = useInfiniteQuery({
    queryKey: ['events', 'dead-letters', of.key],
    queryFn: ({ signal, pageParam }) => of.list({ limit: PAGE_SIZE, after: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: REFRESH_MS,
  });
  const letters = query.data?.pages.flatMap(({ data }) => data) ?? [];
  return (
    <Stack>
      {query.error && <Problem error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && <Loading label="Loading dead letters" />}
      {query.isSuccess && letters.length === 0 && <Empty title="No dead letters" hint="Everything was delivered." />}
      <Stack component="ol" gap="xs" m={0} p={0} aria-label="Dead letters, oldest first">
        {letters.map((letter) => (
          <LetterCard key={letter.id} letter={letter} of={of} mayChange={mayChange} />
        ))}
      </Stack>
      {query.hasNextPage && (
        <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          Show more
        </Button>
      )}
    </Stack>
  );
};

const STATES: Readonly<Record<DeadLetter['state'], { readonly label: string; readonly color: string }>> = {
  dead: { label: 'dead', color: 'red' },
  waiting: { label: 'waits behind an event of its key', color: 'yellow' },
  replay: { label: 'is tried again', color: 'blue' },
};

interface LetterCardProps extends DeadLettersProps {
  readonly letter: DeadLetter;
}

const LetterCard = ({ letter, of, mayChange }: LetterCardProps) => {
  const { label, color } = STATES[letter.state];
  return (
    <Paper component="li" withBorder p="sm" display="block">
      <Stack gap="xs">
        <Group justify="space-between">
          <Group gap="xs">
            <Badge color={color} variant="light" tt="none">
              {label}
            </Badge>
            <Text size="sm">
              Event <bdi className="wrap-anywhere">{letter.event_id}</bdi> at offset {letter.offset}, for{' '}
              <bdi>{letter.consumer}</bdi>
            </Text>
          </Group>
          <Text size="sm" c="dimmed">
            {dateTime(letter.created_at)}
          </Text>
        </Group>
        <Text component="div" size="sm">
          <LongText value={letter.error} />
        </Text>
        <LetterEvent letter={letter} />
        {mayChange && letter.state !== 'waiting' && <LetterActions letter={letter} of={of} />}
      </Stack>
    </Paper>
  );
};

const LetterEvent = ({ letter: { event, event_id } }: { readonly letter: DeadLetter }) => {
  const [isOpen, setOpen] = useState(false);
  return (
    <details onToggle={(toggled) => setOpen(toggled.currentTarget.open)}>
      <Text component="summary" size="sm">
        The event
      </Text>
      {isOpen && <JsonView value={event} label={`Event ${event_id}`} />}
    </details>
  );
};

const LetterActions = ({ letter: { id, event_id }, of }: Omit<LetterCardProps, 'mayChange'>) => {
  const client = useQueryClient();
  const refresh = () => client.invalidateQueries({ queryKey: ['events'] });
  const replay = useMutation({
    mutationFn: () => of.replay(id),
    onSuccess: () => notifications.show({ message: 'It is tried again, and then what waits behind it.' }),
    onSettled: refresh,
  });
  const drop = async (): Promise<void> => {
    await of.drop(id);
    await refresh();
  };
  return (
    <Group>
      <Button
        size="xs"
        loading={replay.isPending}
        onClick={() => replay.mutate()}
        aria-label={`Replay the event ${event_id}`}
      >
        Replay
      </Button>
      <ConfirmButton
        label="Discard"
        ariaLabel={`Discard the event ${event_id}`}
        confirm="Discard this event? It is not delivered; the events that wait behind it are."
        onConfirm={drop}
      />
      {replay.isError && <Problem error={replay.error} />}
    </Group>
  );
};
