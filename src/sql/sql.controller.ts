import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { Endpoint, Input } from '../api/endpoint.decorator';
import { defineEndpoint, type EndpointInput } from '../api/endpoint';
import { bodyLimit } from '../api/schemas';
import { MAX_PARAMETERS } from './language/parameters';
import { SqlService } from './sql.service';

const MAX_QUERY = 64 * 1024;

const sqlBody = z.strictObject({
  query: z
    .string()
    .min(1)
    .max(MAX_QUERY)
    .refine((query) => query.isWellFormed(), 'must not contain a lone surrogate')
    .describe('One SELECT, VALUES, TABLE or WITH, or EXPLAIN of one.')
    .meta({ examples: ['select * from products where price < $1 order by price limit 10'] }),
  params: z
    .array(z.unknown())
    .max(MAX_PARAMETERS)
    .default([])
    .describe('The values of `$1`, `$2` …: an array is a vector, or a list after `= any`; text is a quoted constant.'),
  limit: bodyLimit(1_000, 10_000).describe('Most rows of the answer.'),
  timeout_ms: z
    .int()
    .min(1)
    .max(30_000)
    .optional()
    .describe('Milliseconds the statement may run. Default 5,000 on a server; at most 2,000 on the embedded engine.'),
});

const sqlAnswer = z.object({
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  rows: z.array(z.array(z.unknown())).describe('Each row as an array, in the order of the columns.'),
  row_count: z.int(),
  truncated: z.boolean().describe('Whether there are more rows, or more than 8 MiB of them.'),
  degraded: z.boolean().describe('Whether a search of the statement was; see `degraded` of a search.'),
  took_ms: z.int(),
});

const sql = defineEndpoint({
  method: 'POST',
  path: '/v1/sql',
  operationId: 'sql',
  audit: 'read',
  tag: 'SQL',
  summary: 'Ask with SQL',
  description:
    'Reads the project’s collections as tables, and its `files`, `memories`, `events` and `collections`. One statement that ' +
    'reads, in the dialect of Postgres with pgvector; `search(collection, text, k)` in FROM joins a search with anything. ' +
    'A `bigint` or `numeric` that a JSON number cannot hold exactly is a string.',
  access: 'read',
  kind: 'analysis',
  body: sqlBody,
  responses: { 200: sqlAnswer },
  idempotent: false,
  deadlineMs: 35_000,
});

@Controller()
export class SqlController {
  constructor(private readonly statements: SqlService) {}

  @Endpoint(sql)
  async sql(@Input() { caller, body, signal }: EndpointInput<typeof sql>): Promise<unknown> {
    const { query, params, limit, timeout_ms: timeoutMs } = body;
    return await this.statements.run(caller.scope, { query, params, limit, timeoutMs }, signal);
  }
}
