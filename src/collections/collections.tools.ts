import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { invalidAt } from '../common/errors';
import { defineTool, plain, stored, McpTool, type ToolInput, type ToolOutput } from '../api/tool';
import { SEARCH_MODES } from './search/search-request';

/** What fields may hold is decided by the REST operation that each tool calls: here stands what a model has to know. */
const limit = z.int().min(1).max(100).optional();
const filter = z.looseObject({}).optional();
const list = { type: 'array', items: { type: 'object' } };

const search = defineTool({
  name: 'search',
  description: 'Search the records of a collection by meaning and words. Best first.',
  access: 'read',
  input: z.strictObject({
    collection: z.string(),
    query: z.string(),
    mode: z.enum(SEARCH_MODES).optional(),
    filter: filter.describe('Mongo-style on metadata: {"year":{"$gte":2020}}'),
    limit,
  }),
  output: {
    type: 'object',
    properties: { results: list, degraded: { type: 'boolean' } },
    required: ['results'],
  },
  annotations: { readOnlyHint: true },
});

const get = defineTool({
  name: 'get',
  description:
    'Read records by ids or filter, by page (after = next_cursor). Without collection: lists the collections.',
  access: 'read',
  input: z.strictObject({
    collection: z.string().optional(),
    ids: z.array(z.string()).optional(),
    filter,
    limit,
    after: z.string().optional(),
  }),
  output: {
    type: 'object',
    properties: { data: list, next_cursor: { type: ['string', 'null'] } },
    required: ['data'],
  },
  annotations: { readOnlyHint: true },
});

const write = defineTool({
  name: 'write',
  description: 'Store records whole (text is embedded), all or none, or delete_ids. An existing id is replaced.',
  access: 'write',
  input: z.strictObject({
    collection: z.string(),
    records: z
      .array(
        z.strictObject({
          id: z.string().optional(),
          text: z.string().optional(),
          metadata: z.looseObject({}).optional(),
          vector: z.array(z.number()).optional(),
        }),
      )
      .optional(),
    delete_ids: z.array(z.string()).optional(),
  }),
  output: {
    type: 'object',
    properties: { ids: { type: 'array', items: { type: 'string' } }, deleted: { type: 'integer' } },
  },
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true },
});

/** Collections and their records, as MCP tools. */
@Injectable()
export class CollectionsTools {
  @McpTool(search)
  async search({ args, call }: ToolInput<typeof search>): Promise<ToolOutput> {
    const { collection, query, ...rest } = args;
    const body = { query: { text: query }, ...rest };
    return stored((await call('search', { params: { collection }, body })) as Record<string, unknown>);
  }

  @McpTool(get)
  async get({ args, call }: ToolInput<typeof get>): Promise<ToolOutput> {
    const { collection, ...body } = args;
    const answer =
      collection === undefined
        ? await call('listCollections', { query: onlyPaging(body) })
        : await call('queryRecords', { params: { collection }, body });
    return stored(answer as Record<string, unknown>);
  }

  @McpTool(write)
  async write({ args, call }: ToolInput<typeof write>): Promise<ToolOutput> {
    const { collection, records, delete_ids: ids } = args;
    if ((records === undefined) === (ids === undefined))
      throw invalidAt('/records', 'pass exactly one of records and delete_ids');
    const params = { collection };
    if (ids) return plain((await call('deleteRecords', { params, body: { ids } })) as Record<string, unknown>);
    return plain((await call('upsertRecords', { params, body: { records } })) as Record<string, unknown>);
  }
}

const onlyPaging = ({
  ids,
  filter: selection,
  ...paging
}: Omit<z.output<typeof get.input>, 'collection'>): Record<string, unknown> => {
  if (ids) throw invalidAt('/ids', 'needs a collection');
  if (selection) throw invalidAt('/filter', 'needs a collection');
  return paging;
};
