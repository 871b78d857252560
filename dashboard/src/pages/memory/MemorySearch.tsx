import { useState, type FormEvent } from 'react';
import { Alert, Button, Group, Select, Stack, Switch, Text, TextInput } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { IconSearch } from '@tabler/icons-react';
import { api } from '../../api/client';
import type { Body } from '../../api/types';
import { Empty } from '../../components/Empty';
import { Loading } from '../../components/Loading';
import { Problem } from '../../components/Problem';
import { ExplainScore } from './ExplainScore';
import { MemoryCard } from './MemoryCard';
import { instantOf } from './MemoryTimeline';
import type { MemoryScope } from './scope';
import type { SearchAnswer } from './types';

type Mode = NonNullable<Body<'post', '/v1/memories/search'>['mode']>;

interface Question {
  readonly query: string;
  readonly mode: Mode;
  readonly as_of: string | undefined;
  readonly include_superseded: boolean;
}

const NOTHING_ASKED: Question = { query: '', mode: 'hybrid', as_of: undefined, include_superseded: false };

/** What an agent would recall, and why in this order. */
export const MemorySearch = ({ scope }: { readonly scope: MemoryScope }) => {
  const [asked, setAsked] = useState<{ readonly question: Question; readonly round: number }>();
  const { data, error, isFetching, refetch } = useQuery({
    // The same query may have another result later.
    queryKey: ['memory', 'search', scope, asked],
    queryFn: ({ signal }) =>
      api.post('/v1/memories/search', {
        body: { ...scope, ...(asked?.question ?? NOTHING_ASKED), explain: true, limit: 20 },
        signal,
      }),
    enabled: asked !== undefined,
    placeholderData: keepPreviousData,
  });
  return (
    <Stack>
      <QuestionForm onAsk={(question) => setAsked({ question, round: (asked?.round ?? 0) + 1 })} isBusy={isFetching} />
      {error && <Problem error={error} onRetry={() => void refetch()} />}
      {isFetching && !data && <Loading label="Recalling" />}
      {data && !error && <Results answer={data} />}
    </Stack>
  );
};

const Results = ({ answer }: { readonly answer: SearchAnswer }) => (
  <Stack>
    <Text size="sm" c="dimmed" role="status">
      {answer.results.length} {answer.results.length === 1 ? 'memory' : 'memories'} in {answer.took_ms.toFixed(1)} ms,
      served by {answer.served_by}
    </Text>
    {answer.degraded && (
      <Alert color="yellow" title="Degraded">
        {answer.degraded_reasons.join(', ')}
      </Alert>
    )}
    {answer.results.length === 0 && <Empty title="No memories found" hint="Use other words, or another time." />}
    <Stack component="ol" gap="xs" m={0} p={0} aria-label="Recalled memories, best first">
      {answer.results.map((found) => (
        <MemoryCard key={found.id} memory={found}>
          {found.explain && <ExplainScore score={found.score} explain={found.explain} />}
        </MemoryCard>
      ))}
    </Stack>
  </Stack>
);

interface QuestionFormProps {
  readonly onAsk: (question: Question) => void;
  readonly isBusy: boolean;
}

const MODES = [
  { value: 'hybrid', label: 'Meaning and words' },
  { value: 'vector', label: 'Meaning' },
  { value: 'keyword', label: 'Words' },
];

const QuestionForm = ({ onAsk, isBusy }: QuestionFormProps) => {
  const [query, setQuery] = useState('');
  const [mode, setMode] = useState<Mode>('hybrid');
  const [asOf, setAsOf] = useState('');
  const [withSuperseded, setWithSuperseded] = useState(false);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (query.trim() !== '') onAsk({ query, mode, as_of: instantOf(asOf), include_superseded: withSuperseded });
  };
  return (
    <form onSubmit={submit} role="search" aria-label="Recall memories">
      <Stack gap="xs">
        <Group align="end" wrap="nowrap">
          <TextInput
            label="Question"
            placeholder="Which city is my home?"
            value={query}
            onChange={(event) => setQuery(event.currentTarget.value)}
            flex={1}
            dir="auto"
          />
          <Button type="submit" loading={isBusy} leftSection={<IconSearch size={16} aria-hidden />}>
            Recall
          </Button>
        </Group>
        <Group align="end">
          <Select
            label="By"
            data={MODES}
            value={mode}
            onChange={(next) => setMode(next as Mode)}
            allowDeselect={false}
          />
          <TextInput
            type="datetime-local"
            label="As of (your time)"
            value={asOf}
            onChange={(event) => setAsOf(event.currentTarget.value)}
          />
          <Switch
            label="With what is superseded"
            checked={withSuperseded}
            onChange={(event) => setWithSuperseded(event.currentTarget.checked)}
            mb={8}
          />
        </Group>
      </Stack>
    </form>
  );
};
