import { Button, Card, Group, SimpleGrid, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api } from '../../../api/client';
import { Loading } from '../../../components/Loading';
import { FilterBuilder } from '../filter/FilterBuilder';
import { useFields } from '../filter/use-fields';
import { RecordDrawer } from '../records/RecordDrawer';
import type { Collection } from '../types';
import { AnswerView } from './AnswerView';
import { Comparison } from './Comparison';
import { firstForm, searchesOf, type SearchForm } from './form';
import { QueryInput } from './QueryInput';
import { SearchOptions } from './SearchOptions';
import type { Answer, SearchBody } from './types';

/** A search and how it ended. */
interface Run {
  readonly search: SearchBody;
  readonly answer?: Answer;
  readonly error?: unknown;
}

interface Props {
  readonly collection: Collection;
}

/** Tries searches out: what is found, why, by whom, and how long each part took. */
export function SearchTab({ collection }: Props) {
  const [form, setForm] = useState<SearchForm>(() => firstForm(collection.embedding_model !== null));
  const [opened, setOpened] = useState<string>();
  const fields = useFields(collection);
  const change = (part: Partial<SearchForm>): void => setForm((before) => ({ ...before, ...part }));
  const asked = searchesOf(form);
  const runs = useMutation({ mutationFn: (searches: readonly SearchBody[]) => runAll(collection.name, searches) });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if ('searches' in asked) runs.mutate(asked.searches);
  };
  return (
    <Stack gap="md">
      <form onSubmit={submit}>
        <Stack gap="sm">
          <QueryInput form={form} change={change} hasModel={collection.embedding_model !== null} />
          <SearchOptions form={form} change={change} />
          <FilterBuilder draft={form.filter} onChange={(filter) => change({ filter })} fields={fields} />
          <Group>
            <Button type="submit" loading={runs.isPending} disabled={'fault' in asked}>
              Search
            </Button>
            {'fault' in asked && (
              <Text size="sm" c="dimmed">
                {asked.fault}
              </Text>
            )}
          </Group>
        </Stack>
      </form>
      {runs.isPending && <Loading label="Searching" />}
      {!runs.isPending && runs.data && <Runs runs={runs.data} onOpen={setOpened} />}
      <RecordDrawer collection={collection} id={opened} onClose={() => setOpened(undefined)} />
    </Stack>
  );
}

function Runs({ runs, onOpen }: { readonly runs: readonly Run[]; readonly onOpen: (id: string) => void }) {
  const answers = runs.flatMap(({ answer }) => answer ?? []);
  const [left, right] = answers;
  return (
    <Stack gap="md" role="region" aria-label="Results">
      {left && right && <Comparison left={left} right={right} />}
      <SimpleGrid cols={{ base: 1, lg: runs.length }}>
        {runs.map(({ search, answer, error }, index) => (
          <Card
            key={search.engine ?? index}
            withBorder
            miw={0}
            component="section"
            aria-label={search.engine ?? 'The answer'}
          >
            <AnswerView
              title={search.engine ?? 'Results'}
              answer={answer}
              error={error}
              other={answers.find((one) => one !== answer)}
              onOpen={onOpen}
            />
          </Card>
        ))}
      </SimpleGrid>
    </Stack>
  );
}

/** Each for itself: one engine that is out does not hide what the other says. */
const runAll = async (collection: string, searches: readonly SearchBody[]): Promise<readonly Run[]> =>
  await Promise.all(
    searches.map(async (search) => {
      try {
        return {
          search,
          answer: await api.post('/v1/collections/{collection}/search', { path: { collection }, body: search }),
        };
      } catch (error) {
        return { search, error };
      }
    }),
  );
