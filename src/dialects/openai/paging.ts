import { z } from 'zod';

/** As OpenAI's lists take them; numbers come as texts. */
export const listQuery = (fallback: number, most: number) =>
  z.object({
    limit: z.coerce.number().int().min(1).max(most).default(fallback),
    order: z.enum(['asc', 'desc']).default('desc'),
    after: z.string().min(1).max(255).optional(),
    before: z.string().min(1).max(255).optional(),
  });

/** Declared, so that they are not left out as unknown; the handler checks them. */
export const anyQuery = (...names: readonly string[]) =>
  z.object(Object.fromEntries(names.map((name) => [name, z.string().optional()])));

export interface PageRequest {
  readonly limit: number;
  readonly order: 'asc' | 'desc';
  /** Positions in the order, both left out themselves. */
  readonly after?: string | undefined;
  readonly before?: string | undefined;
}

/** What a statement needs to read a page by an ascending text `column`, with one row more than the page. */
export interface PageSql {
  readonly where: string;
  readonly order: string;
  readonly params: readonly unknown[];
}

/** `at`: the number of the first parameter. With `before` alone it is the page that ends there: it is read backwards. */
export const pageSql = (column: string, request: PageRequest, at: number): PageSql => {
  const { after, before, limit } = request;
  const isForward = (request.order === 'asc') !== isBackwards(request);
  const [later, earlier] = request.order === 'asc' ? ['>', '<'] : ['<', '>'];
  return {
    where: `($${at}::text is null or ${column} ${later} $${at}) and ($${at + 1}::text is null or ${column} ${earlier} $${at + 1})`,
    order: `order by ${column} ${isForward ? 'asc' : 'desc'} limit $${at + 2}`,
    params: [after ?? null, before ?? null, limit + 1],
  };
};

const isBackwards = ({ after, before }: PageRequest): boolean => before !== undefined && after === undefined;

export interface ListPage<T> {
  readonly data: T[];
  readonly hasMore: boolean;
}

/** The rows of such a statement as a page in the order that was asked for. */
export const pageOfRows = <T>(rows: readonly T[], request: PageRequest): ListPage<T> => {
  const data = rows.slice(0, request.limit);
  return { data: isBackwards(request) ? data.reverse() : data, hasMore: rows.length > request.limit };
};

/** A list in OpenAI's shape. */
export const presentList = (data: readonly { readonly id: string }[], hasMore: boolean): Record<string, unknown> => ({
  object: 'list',
  data,
  first_id: data[0]?.id ?? null,
  last_id: data.at(-1)?.id ?? null,
  has_more: hasMore,
});

/** Seconds since 1970, as all of OpenAI's times. */
export const seconds = (at: Date): number => Math.floor(at.getTime() / 1_000);
