import { useQuery } from '@tanstack/react-query';
import { api } from '../../../api/client';
import type { Collection } from '../types';
import { fieldsOf, type Field } from './fields-of';

const OWN_FIELDS: readonly Field[] = [
  { name: '@id', type: 'text' },
  { name: '@text', type: 'text' },
  { name: '@version', type: 'number' },
  { name: '@created_at', type: 'text' },
  { name: '@updated_at', type: 'text' },
];
const SAMPLE_SIZE = 50;
const MOST_FIELDS = 200;

/** The fields that filters may name: those with an index, those of the first records, and the records' own. */
export function useFields(collection: Collection): readonly Field[] {
  const { data } = useQuery({
    queryKey: ['collections', 'fields', collection.name],
    queryFn: ({ signal }) =>
      api.get('/v1/collections/{collection}/records', {
        path: { collection: collection.name },
        signal,
        query: { limit: SAMPLE_SIZE, include: 'metadata' },
      }),
    staleTime: 60_000,
  });
  const indexed = collection.indexes.map(({ field, type }): Field => ({ name: field, type: TYPE_OF[type] }));
  const seen = (data?.data ?? []).flatMap(({ metadata }) => fieldsOf(metadata ?? {}));
  const byName = new Map([...OWN_FIELDS, ...seen, ...indexed].map((field) => [field.name, field]));
  return [...byName.values()].slice(0, MOST_FIELDS).sort((a, b) => order(a.name, b.name));
}

const TYPE_OF = { string: 'text', number: 'number', datetime: 'text', boolean: 'yes/no' } as const;

/** A collection's own fields come last: people look for their own. */
const order = (a: string, b: string): number =>
  Number(a.startsWith('@')) - Number(b.startsWith('@')) || a.localeCompare(b);
