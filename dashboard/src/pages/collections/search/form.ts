import { build, NO_FILTER, type FilterDraft } from '../filter/draft';
import { parseVector } from '../vector-text';
import type { Engine, SearchBody } from './types';

/** What someone is putting together. */
export interface SearchForm {
  readonly by: 'text' | 'vector' | 'id';
  readonly text: string;
  readonly vector: string;
  readonly id: string;
  readonly mode: 'hybrid' | 'vector' | 'keyword';
  readonly limit: string | number;
  readonly threshold: string | number;
  readonly vectorWeight: string | number;
  readonly keywordWeight: string | number;
  readonly exact: boolean;
  readonly eventual: boolean;
  readonly engines: 'best' | 'both';
  readonly filter: FilterDraft;
}

export const firstForm = (hasModel: boolean): SearchForm => ({
  by: 'text',
  text: '',
  vector: '',
  id: '',
  mode: hasModel ? 'hybrid' : 'keyword',
  limit: 10,
  threshold: '',
  vectorWeight: 1,
  keywordWeight: 1,
  exact: false,
  eventual: false,
  engines: 'best',
  filter: NO_FILTER,
});

/** A vector and an id have one mode. */
export const modeOf = ({ by, mode }: SearchForm): SearchForm['mode'] => (by === 'text' ? mode : 'vector');

/** The searches that the form asks for: one, or one for each engine. Or what keeps it from being one. */
export function searchesOf(
  form: SearchForm,
): { readonly searches: readonly SearchBody[] } | { readonly fault: string } {
  const query = queryOf(form);
  if ('fault' in query) return query;
  const filter = build(form.filter);
  if ('fault' in filter) return filter;
  const mode = modeOf(form);
  const body: SearchBody = {
    ...query,
    mode,
    limit: Number(form.limit),
    exact: form.exact,
    explain: true,
    ...(filter.filter && { filter: filter.filter }),
    ...(form.eventual && { consistency: 'eventual' }),
    ...(mode !== 'hybrid' && form.threshold !== '' && { score_threshold: Number(form.threshold) }),
    ...(mode === 'hybrid' && { weights: { vector: Number(form.vectorWeight), keyword: Number(form.keywordWeight) } }),
  };
  if (form.engines === 'best' || mode === 'keyword') return { searches: [body] };
  return { searches: (['qdrant', 'pgvector'] as const satisfies Engine[]).map((engine) => ({ ...body, engine })) };
}

function queryOf({ by, text, vector, id }: SearchForm): Pick<SearchBody, 'query'> | { readonly fault: string } {
  if (by === 'vector') {
    const parsed = parseVector(vector);
    return 'fault' in parsed ? parsed : { query: parsed };
  }
  const value = by === 'text' ? text : id;
  if (value.trim() === '') return { fault: by === 'text' ? 'Type what to search for.' : 'Name a record.' };
  return { query: { [by]: value } };
}
