import { useState } from 'react';
import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { Empty } from '../../../components/Empty';
import { Problem } from '../../../components/Problem';
import { StateBadge } from '../../../components/StateBadge';
import { EventRow } from './EventRow';
import { TailForm } from './TailForm';
import { useTail, type TailRequest } from './use-tail';

const FIRST: TailRequest = { types: '', filter: '', start: 'recent' };

/** The events of a topic as they happen. */
export const LiveTail = ({ topic }: { readonly topic: string }) => {
  const [request, setRequest] = useState(FIRST);
  const [isPaused, setPaused] = useState(false);
  const [words, setWords] = useState('');
  const tail = useTail(topic, request, isPaused);
  const shown = words === '' ? tail.lines : tail.lines.filter(({ text }) => text.includes(words));
  return (
    <Stack>
      <TailForm request={request} onChange={setRequest} />
      {tail.error !== undefined && <Problem error={tail.error} onRetry={() => setRequest({ ...request })} />}
      <Group justify="space-between" align="end">
        <Group>
          <Button
            variant="default"
            leftSection={
              isPaused ? <IconPlayerPlay size={16} aria-hidden /> : <IconPlayerPause size={16} aria-hidden />
            }
            onClick={() => setPaused(!isPaused)}
          >
            {isPaused ? 'Go on' : 'Pause'}
          </Button>
          <Button variant="default" onClick={tail.clear} disabled={tail.lines.length === 0}>
            Clear
          </Button>
          <StateBadge state={tail.state} />
          <Text size="sm" c="dimmed">
            {tail.received.toLocaleString('en')} events came
            {tail.received > tail.lines.length && `, the newest ${tail.lines.length} are kept here`}
          </Text>
        </Group>
        <TextInput
          label="Find in what is shown"
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
          dir="auto"
        />
      </Group>
      {shown.length === 0 ? (
        <Empty title="No events yet" hint="They appear here as they are published." />
      ) : (
        <Stack component="ol" gap={4} m={0} p={0} aria-label="Events, newest first">
          {shown.map((line) => (
            <EventRow key={line.event.offset} line={line} />
          ))}
        </Stack>
      )}
    </Stack>
  );
};
