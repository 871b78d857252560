import { useMemo, useState } from 'react';
import { Button, Group, Select, Stack, Switch, Text, TextInput } from '@mantine/core';
import { Empty } from '../../components/Empty';
import { Loading } from '../../components/Loading';
import { Problem } from '../../components/Problem';
import { FactLanes } from './FactLanes';
import { MemoryCard } from './MemoryCard';
import type { MemoryScope } from './scope';
import { KINDS } from './types';
import { useMemories, type MemoryFilter } from './use-memories';

const DEFAULT_FILTER: MemoryFilter = { kind: null, asOf: undefined, withSuperseded: true };

/** All memories of a scope: facts as bars on a time axis, then every memory, newest first. */
export const MemoryTimeline = ({ scope }: { readonly scope: MemoryScope }) => {
  const [filter, setFilter] = useState(DEFAULT_FILTER);
  const query = useMemories(scope, filter);
  const memories = useMemo(() => query.data?.pages.flatMap(({ data }) => data) ?? [], [query.data]);
  return (
    <Stack>
      <TimelineFilter filter={filter} onChange={setFilter} />
      {query.isError && <Problem error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && <Loading label="Reading memories" />}
      {query.isSuccess && memories.length === 0 && (
        <Empty title="No memories" hint="Add a memory, or choose another scope or time." />
      )}
      <FactLanes memories={memories} />
      <Stack component="ol" gap="xs" m={0} p={0} aria-label="Memories, newest first">
        {memories.map((memory) => (
          <MemoryCard key={memory.id} memory={memory} />
        ))}
      </Stack>
      {query.hasNextPage && (
        <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          Show older memories
        </Button>
      )}
      {memories.length > 0 && (
        <Text size="sm" c="dimmed" role="status">
          {memories.length} {query.hasNextPage ? 'memories so far' : 'memories'}
        </Text>
      )}
    </Stack>
  );
};

interface TimelineFilterProps {
  readonly filter: MemoryFilter;
  readonly onChange: (filter: MemoryFilter) => void;
}

const TimelineFilter = ({ filter, onChange }: TimelineFilterProps) => (
  <Group align="end">
    <Select
      label="Kind"
      placeholder="All kinds"
      data={KINDS}
      value={filter.kind}
      onChange={(kind) => onChange({ ...filter, kind: kind as MemoryFilter['kind'] })}
      clearable
    />
    <Switch
      label="With what is superseded or over"
      checked={filter.withSuperseded}
      onChange={(event) => onChange({ ...filter, withSuperseded: event.currentTarget.checked })}
      mb={8}
    />
    {!filter.withSuperseded && (
      <TextInput
        type="datetime-local"
        label="Valid at (your time)"
        description="Empty: now"
        onChange={(event) => onChange({ ...filter, asOf: instantOf(event.currentTarget.value) })}
      />
    )}
  </Group>
);

/** What a `datetime-local` input says, as an RFC 3339 instant. */
export const instantOf = (local: string): string | undefined => {
  const time = new Date(local);
  return local === '' || Number.isNaN(time.getTime()) ? undefined : time.toISOString();
};
