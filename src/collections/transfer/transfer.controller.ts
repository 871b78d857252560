import type { Readable } from 'node:stream';
import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { decodedStream } from '../../api/decoded-stream';
import { Endpoint, Input } from '../../api/endpoint.decorator';
import { defineEndpoint, Reply, type EndpointInput } from '../../api/endpoint';
import { nameSchema } from '../../api/schemas';
import { vectorFormat } from '../dto/record.schemas';
import { OperationsService } from '../../operations/operations.service';
import { importReport, operationSchema } from '../../operations/operation.schemas';
import { presentOperation } from '../../operations/operations.controller';
import { TransferService } from './transfer.service';

const params = z.object({ collection: nameSchema });
const NDJSON = 'application/x-ndjson';

const importRecords = defineEndpoint({
  method: 'POST',
  path: '/v1/collections/{collection}/import',
  operationId: 'importRecords',
  audit: 'write',
  kind: 'transfers',
  tag: 'Import and export',
  summary: 'Store one record per line',
  description:
    'NDJSON, in bounded memory, committed every 1,000 lines. Faulty lines are counted and the first hundred are reported; with ' +
    '`on_error=stop` the first one ends the import. With `Prefer: respond-async` the answer is 202 and an operation that ' +
    'shows the progress while the body is still being sent.',
  access: 'write',
  params,
  query: z.strictObject({ on_error: z.enum(['continue', 'stop']).default('continue') }),
  body: { stream: NDJSON },
  responses: { 200: importReport, 202: operationSchema },
  deadlineMs: null,
  maxBodyBytes: Number.MAX_SAFE_INTEGER,
});

const exportRecords = defineEndpoint({
  method: 'GET',
  path: '/v1/collections/{collection}/export',
  operationId: 'exportRecords',
  audit: 'read',
  kind: 'transfers',
  tag: 'Import and export',
  summary: 'Every record, one per line, by id',
  description:
    'A stream of JSON lines, each one record with its vector, in the order of ids and in bounded memory. `import` takes the same lines.',
  access: 'read',
  params,
  query: z.strictObject({ vector_format: vectorFormat }),
  responses: { 200: NDJSON },
  deadlineMs: null,
});

@Controller()
export class TransferController {
  constructor(
    private readonly transfer: TransferService,
    private readonly operations: OperationsService,
  ) {}

  @Endpoint(importRecords)
  async import(
    @Input() { caller, params: { collection }, query, headers, raw }: EndpointInput<typeof importRecords>,
  ): Promise<unknown> {
    const { scope } = caller;
    const onError = query.on_error;
    if (!/\brespond-async\b/.test(headers['prefer'] ?? '')) {
      return await this.transfer.import(scope, collection, decodedStream(raw.raw), { onError });
    }
    const operation = await this.operations.create(scope, 'import', collection);
    // The body must have arrived before the answer ends the exchange, so the work is followed, then answered.
    await this.operations.follow(scope, operation, (report) =>
      this.transfer.import(scope, collection, decodedStream(raw.raw), {
        onError,
        progress: ({ imported, failed }) => report({ imported, failed, unit: 'records' }),
      }),
    );
    return new Reply(202, presentOperation(await this.operations.get(scope, operation.id)), {
      location: `/v1/operations/${operation.id}`,
      'preference-applied': 'respond-async',
    });
  }

  @Endpoint(exportRecords)
  async export(
    @Input() { caller, params: { collection }, query }: EndpointInput<typeof exportRecords>,
  ): Promise<Readable> {
    return await this.transfer.export(caller.scope, collection, query.vector_format ?? 'array');
  }
}
