import { isObject } from '../../common/filter/values';
import type { Collection } from '../../collections/collection';
import { badRequest, formatError, unsupported, wrongInput } from './errors';
import { quoted } from './exact-json';
import { knownId } from './point-id';
import { mustBeUnnamed, vectorOf } from './vectors';

/** A record's id, or a vector. */
export type Example = string | readonly number[];

/** What a query asks for, once its words are read. */
export type Query =
  | { readonly kind: 'scroll' }
  | { readonly kind: 'nearest'; readonly to: Example }
  | { readonly kind: 'recommend'; readonly positive: readonly Example[]; readonly negative: readonly Example[] };

const NOT_YET = ['discover', 'context', 'order_by', 'fusion', 'rrf', 'sample', 'formula', 'relevance_feedback'];

/** Reads `query`. Throws for what ZeroDB's search cannot do yet, by its name. */
export const queryOf = (collection: Collection, input: unknown): Query => {
  if (input === undefined || input === null) return { kind: 'scroll' };
  if (!isObject(input)) return { kind: 'nearest', to: exampleOf(collection, input) };
  const refused = NOT_YET.find((name) => name in input);
  if (refused !== undefined) throw unsupported(`The query "${refused}" is`);
  if ('recommend' in input) return recommendationOf(collection, input['recommend']);
  if (!('nearest' in input)) return { kind: 'nearest', to: exampleOf(collection, input) };
  if (input['mmr'] !== undefined && input['mmr'] !== null) throw unsupported('"mmr" is');
  return { kind: 'nearest', to: exampleOf(collection, input['nearest']) };
};

export const exampleOf = (collection: Collection, input: unknown): Example =>
  typeof input === 'string' || typeof input === 'number' || typeof input === 'bigint'
    ? idOf(input)
    : vectorOf(collection, input);

const idOf = (input: unknown): string => {
  const id = knownId(input);
  if (id === undefined) throw formatError('Expected some form of vector, id, or a type of query');
  return id;
};

export const recommendationOf = (collection: Collection, input: unknown): Query => {
  if (!isObject(input)) throw formatError('data did not match any variant of untagged enum QueryInterface');
  const strategy = input['strategy'] ?? 'average_vector';
  if (strategy !== 'average_vector') throw unsupported(`The strategy "${quoted(strategy)}" is`);
  const [positive, negative] = [examplesOf(collection, input['positive']), examplesOf(collection, input['negative'])];
  if (positive.length === 0) throw badRequest('At least one positive vector ID required with this strategy');
  return { kind: 'recommend', positive, negative };
};

/** As in ZeroDB's own recommendations: each named one is a separate query. */
const MAX_EXAMPLES = 100;

/** One example may stand without its list; a list of numbers alone could be either, and is a list of ids. */
const examplesOf = (collection: Collection, input: unknown): Example[] => {
  if (input === undefined || input === null) return [];
  const list = Array.isArray(input) ? (input as unknown[]) : [input];
  if (list.length > MAX_EXAMPLES) throw wrongInput(`A recommendation takes at most ${MAX_EXAMPLES} examples of a kind`);
  return list.map((example) => exampleOf(collection, example));
};

/** Throws where a search needs what does not exist yet. */
export const mustBePlain = (body: { using?: unknown; lookup_from?: unknown; prefetch?: unknown }): void => {
  mustBeUnnamed(body.using);
  if (body.lookup_from !== undefined && body.lookup_from !== null) throw unsupported('"lookup_from" is');
  const { prefetch } = body;
  const isEmpty = prefetch === undefined || prefetch === null || (Array.isArray(prefetch) && prefetch.length === 0);
  if (!isEmpty) throw unsupported('"prefetch" is');
};
