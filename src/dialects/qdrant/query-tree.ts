import type { Collection } from '../../collections/collection';
import type { FilterNode } from '../../common/filter';
import { isObject } from '../../common/filter/values';
import { formatError, unsupported, wrongInput } from './errors';
import { filterNodeOf } from './filter';
import { limitOf } from './limits';
import { queryOf, type Query } from './query';
import { prefetchBody, type QueryBody } from './schemas';
import { nameOf, UNNAMED } from './vectors';

/** A ranking, and the rankings whose points it ranks again; without these it ranks all points. */
export interface QueryNode {
  readonly query: Query;
  readonly using: string;
  readonly prefetch: readonly QueryNode[];
  /** Those of the rankings above it included. */
  readonly filter: FilterNode | undefined;
  readonly threshold: number | undefined;
  readonly exact: boolean;
  readonly limit: number;
}

/** What narrows a ranking, as any of the searching routes takes it. */
export type Narrowing = Pick<
  QueryBody,
  'filter' | 'params' | 'score_threshold' | 'using' | 'lookup_from' | 'prefetch' | 'limit'
>;

/** Rankings below one another, and in one request. */
const MAX_DEPTH = 8;
const MAX_NODES = 32;

/** Reads a query with its prefetches. Throws for what ZeroDB cannot do, by its name. */
export const treeOf = (
  collection: Collection,
  body: Narrowing,
  name: string,
  read: (using: string) => Query,
): QueryNode => new TreeReader(collection).node(body, { name, depth: 0, filter: undefined }, read);

interface Place {
  /** Of the request, in Qdrant's errors. */
  readonly name: string;
  readonly depth: number;
  readonly filter: FilterNode | undefined;
}

class TreeReader {
  private nodes = 0;

  constructor(private readonly collection: Collection) {}

  node(body: Narrowing, place: Place, read: (using: string) => Query): QueryNode {
    this.nodes += 1;
    if (this.nodes > MAX_NODES || place.depth > MAX_DEPTH) {
      throw wrongInput(`A query has at most ${MAX_NODES} prefetches, ${MAX_DEPTH} below one another`);
    }
    if (body.lookup_from !== undefined && body.lookup_from !== null) throw unsupported('"lookup_from" is');
    const limit = limitOf(place.name, body.limit);
    const using = usingIn(this.collection, body);
    const filter = both(place.filter, filterNodeOf(body.filter));
    const prefetch = listOf(body.prefetch).map((each, index) =>
      this.prefetched(each, { name: `${place.name}.prefetch[${index}]`, depth: place.depth + 1, filter }),
    );
    const query = read(using);
    mustSuit(query, prefetch);
    const { params, score_threshold: threshold } = body;
    return { query, using, prefetch, filter, threshold: threshold ?? undefined, exact: params?.exact ?? false, limit };
  }

  private prefetched(input: unknown, place: Place): QueryNode {
    const parsed = prefetchBody.safeParse(input);
    if (!parsed.success) throw formatError('data did not match any variant of untagged enum PrefetchInterface');
    const body = parsed.data;
    return this.node(body, place, (using) => queryOf(this.collection, using, body.query));
  }
}

/** A query without vectors needs no name. */
const usingIn = (collection: Collection, { using }: Narrowing): string =>
  using === undefined || using === null ? UNNAMED : nameOf(collection, using);

const listOf = (prefetch: unknown): readonly unknown[] => {
  if (prefetch === undefined || prefetch === null) return [];
  return Array.isArray(prefetch) ? prefetch : [isObject(prefetch) ? prefetch : formatFault()];
};

const formatFault = (): never => {
  throw formatError('data did not match any variant of untagged enum PrefetchInterface');
};

const both = (above: FilterNode | undefined, own: FilterNode | undefined): FilterNode | undefined => {
  if (!above || !own) return above ?? own;
  return { kind: 'and', nodes: [above, own] };
};

const mustSuit = ({ kind }: Query, prefetch: readonly QueryNode[]): void => {
  if (kind === 'fusion' && prefetch.length === 0) {
    throw wrongInput('Validation failed: cannot apply Fusion without prefetches');
  }
  if (kind === 'scroll' && prefetch.length > 0) {
    throw wrongInput('Validation failed: cannot have prefetches without a query');
  }
};
