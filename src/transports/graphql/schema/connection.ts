import {
  GraphQLBoolean,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLString,
  type GraphQLFieldConfigMap,
} from 'graphql';
import { invalidAt } from '../../../common/errors';
import type { GraphqlContext } from '../../../api/field';

/** A page as our operations give it. */
export interface PageAnswer {
  readonly data: readonly Readonly<Record<string, unknown>>[];
  readonly has_more: boolean;
  readonly next_cursor: string | null;
}

/** The request to the operation, and how many items of its answer to skip. */
export interface PlannedPage {
  readonly after: string | undefined;
  readonly limit: number;
  readonly skip: number;
}

const MAX_PAGE = 1000;
const DEFAULT_PAGE = 20;
const WITHIN = /^~(\d{1,4})~(.*)$/s;

export const PAGE_INFO = new GraphQLObjectType({
  name: 'PageInfo',
  fields: {
    hasNextPage: { type: new GraphQLNonNull(GraphQLBoolean) },
    hasPreviousPage: { type: new GraphQLNonNull(GraphQLBoolean) },
    startCursor: { type: GraphQLString },
    endCursor: { type: GraphQLString },
  },
});

/**
 * The last edge's cursor is the operation's own, of exactly the row it stands on. A cursor in the middle of a page is the
 * page's and a count: only rows that come or go within that one page shift it.
 */
export const plannedPage = (first: unknown, after: unknown): PlannedPage => {
  const asked = first === undefined || first === null ? DEFAULT_PAGE : Number(first);
  if (!Number.isSafeInteger(asked) || asked < 1 || asked > MAX_PAGE) {
    throw invalidAt('/first', `must be a whole number from 1 to ${MAX_PAGE}`);
  }
  const cursor = typeof after === 'string' && after !== '' ? after : undefined;
  const [, count, base] = WITHIN.exec(cursor ?? '') ?? [];
  if (count === undefined) return { after: cursor, limit: asked, skip: 0 };
  const skip = Number(count);
  if (skip >= MAX_PAGE) throw invalidAt('/after', 'The cursor is not valid for this list.');
  return { after: base === '' ? undefined : base, limit: Math.min(MAX_PAGE, asked + skip), skip };
};

/** The page in the form that Relay's clients know, with what else the answer holds. */
export const connectionOf = (answer: PageAnswer, { after, skip }: PlannedPage): Record<string, unknown> => {
  const { data, has_more: hasMore, next_cursor: next, ...rest } = answer;
  const nodes = data.slice(skip);
  const cursorAt = (index: number): string =>
    index === data.length - 1 && next !== null ? next : `~${index + 1}~${after ?? ''}`;
  const edges = nodes.map((node, index) => ({ node, cursor: cursorAt(index + skip) }));
  return {
    ...rest,
    edges,
    nodes,
    pageInfo: {
      hasNextPage: hasMore,
      hasPreviousPage: skip > 0 || after !== undefined,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
};

/** `edges`, `nodes` and `pageInfo` of a connection. */
export const connectionFields = (node: GraphQLObjectType): GraphQLFieldConfigMap<unknown, GraphqlContext> => {
  const edge = new GraphQLObjectType({
    name: `${node.name}Edge`,
    fields: {
      cursor: { type: new GraphQLNonNull(GraphQLString) },
      node: { type: new GraphQLNonNull(node) },
    },
  });
  return {
    edges: { type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(edge))) },
    nodes: { type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(node))) },
    pageInfo: { type: new GraphQLNonNull(PAGE_INFO) },
  };
};
