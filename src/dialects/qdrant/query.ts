import { isObject } from '../../common/filter/values';
import type { Collection } from '../../collections/collection';
import { badRequest, formatError, unsupported, validationError, wrongInput } from './errors';
import { quoted } from './exact-json';
import { fusionOf, type Fusion } from './fusion';
import { orderOf, type Order } from './order';
import { knownId } from './point-id';
import { nameOf, queryVectorOf, type QueryVector } from './vectors';

/** A record's id, or a vector. */
export type Example = { readonly id: string } | QueryVector;

/** How much unlike each other the results of a nearest query are to be. */
export interface Diversity {
  /** 1: nearness alone counts. */
  readonly lambda: number;
  readonly candidates: number | undefined;
}

/** What a query asks for, once its words are read. */
export type Query =
  | { readonly kind: 'scroll' }
  | { readonly kind: 'sample' }
  | { readonly kind: 'nearest'; readonly to: Example; readonly mmr?: Diversity }
  | { readonly kind: 'recommend'; readonly positive: readonly Example[]; readonly negative: readonly Example[] }
  | { readonly kind: 'order'; readonly order: Order }
  | { readonly kind: 'fusion'; readonly fusion: Fusion };

const NOT_YET = ['discover', 'context', 'formula', 'relevance_feedback'];

/** Reads `query`, whose vectors are of this name. Throws for what ZeroDB's search cannot do yet, by its name. */
export const queryOf = (collection: Collection, using: string, input: unknown): Query => {
  if (input === undefined || input === null) return { kind: 'scroll' };
  if (!isObject(input) || 'indices' in input) return { kind: 'nearest', to: exampleOf(collection, using, input) };
  const refused = NOT_YET.find((name) => name in input);
  if (refused !== undefined) throw unsupported(`The query "${refused}" is`);
  if ('fusion' in input || 'rrf' in input) return { kind: 'fusion', fusion: fusionOf(input) };
  if ('order_by' in input) return { kind: 'order', order: orderOf(input['order_by'], collection) };
  if ('sample' in input) return sampleOf(input['sample']);
  if ('recommend' in input) return recommendationOf(collection, using, input['recommend']);
  if (!('nearest' in input)) return { kind: 'nearest', to: exampleOf(collection, using, input) };
  return { kind: 'nearest', to: exampleOf(collection, using, input['nearest']), ...diversityOf(input['mmr']) };
};

const noQuery = () => formatError('Expected some form of vector, id, or a type of query');

const sampleOf = (input: unknown): Query => {
  if (input !== 'random') throw noQuery();
  return { kind: 'sample' };
};

const MAX_CANDIDATES = 16_384;

const diversityOf = (input: unknown): { readonly mmr?: Diversity } => {
  if (input === undefined || input === null) return {};
  if (!isObject(input)) throw noQuery();
  const { diversity, candidates_limit: candidates } = input;
  const share = diversity ?? 0.5;
  if (typeof share !== 'number') throw noQuery();
  if (share < 0 || share > 1) throw validationError('diversity', `value ${share} invalid, must be from 0.0 to 1.0`);
  return { mmr: { lambda: 1 - share, candidates: candidatesOf(candidates) } };
};

const candidatesOf = (input: unknown): number | undefined => {
  if (input === undefined || input === null) return undefined;
  if (typeof input !== 'number' || !Number.isInteger(input) || input < 0) throw noQuery();
  if (input > MAX_CANDIDATES) {
    throw validationError('candidates_limit', `value ${input} invalid, must be from 0 to ${MAX_CANDIDATES}`);
  }
  return input;
};

export const exampleOf = (collection: Collection, using: string, input: unknown): Example => {
  const isId = typeof input === 'string' || typeof input === 'number' || typeof input === 'bigint';
  if (!isId) return queryVectorOf(collection, using, input);
  nameOf(collection, using);
  const id = knownId(input);
  if (id === undefined) throw noQuery();
  return { id };
};

export const recommendationOf = (collection: Collection, using: string, input: unknown): Query => {
  if (!isObject(input)) throw formatError('data did not match any variant of untagged enum QueryInterface');
  const strategy = input['strategy'] ?? 'average_vector';
  if (strategy !== 'average_vector') throw unsupported(`The strategy "${quoted(strategy)}" is`);
  const [positive, negative] = [
    examplesOf(collection, using, input['positive']),
    examplesOf(collection, using, input['negative']),
  ];
  if (positive.length === 0) throw badRequest('At least one positive vector ID required with this strategy');
  return { kind: 'recommend', positive, negative };
};

/** As in ZeroDB's own recommendations: each named one is a separate query. */
const MAX_EXAMPLES = 100;

/** One example may stand without its list; a list of numbers alone could be either, and is a list of ids. */
const examplesOf = (collection: Collection, using: string, input: unknown): Example[] => {
  if (input === undefined || input === null) return [];
  const list = Array.isArray(input) ? (input as unknown[]) : [input];
  if (list.length > MAX_EXAMPLES) throw wrongInput(`A recommendation takes at most ${MAX_EXAMPLES} examples of a kind`);
  return list.map((example) => exampleOf(collection, using, example));
};
