import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { defineEndpoint, Reply, type EndpointInput } from '../../api/endpoint';
import { Endpoint, Input } from '../../api/endpoint.decorator';
import { nameSchema } from '../../api/schemas';
import { operationSchema } from '../../operations/operation.schemas';
import { presentOperation } from '../../operations/operations.controller';
import { candidatesFor } from '../adapters/pgvector/candidates';
import { compressionStatus } from '../dto/compression.schemas';
import { compressionOf, schemeOfCodes, servingIndex, type IndexCodes } from './compression-state';
import { CompressionService, type CompressionReport } from './compression.service';

const path = '/v1/collections/{collection}/compression';
const params = z.object({ collection: nameSchema });
const tag = 'Collections';

const get = defineEndpoint({
  method: 'GET',
  path,
  operationId: 'getCompression',
  audit: 'read',
  tag,
  summary: 'How a collection is compressed, and what that was measured to do',
  description:
    'What was asked for and what is used in each place, the bytes a record takes there, and the recall that was measured ' +
    'on the collection’s own vectors, each with the interval that holds it with 95 % confidence. `PATCH` of the ' +
    'collection changes the compression.',
  access: 'read',
  params,
  responses: { 200: compressionStatus },
  deadlineMs: 10_000,
});

const measure = defineEndpoint({
  method: 'POST',
  path: `${path}/measure`,
  operationId: 'measureCompression',
  audit: 'admin',
  tag,
  summary: 'Measure what each compression would do to the recall',
  description:
    'Compares a sample of the records with all others, exactly and by their codes, in the background; nothing is changed. ' +
    'The result is the curve that `GET …/compression` shows as `measured`.',
  access: 'write',
  params,
  responses: { 202: operationSchema },
  deadlineMs: 10_000,
});

@Controller()
export class CompressionController {
  constructor(private readonly compression: CompressionService) {}

  @Endpoint(get)
  async get(@Input() { caller, params: { collection } }: EndpointInput<typeof get>): Promise<unknown> {
    return present(await this.compression.report(caller.scope, collection));
  }

  @Endpoint(measure)
  async measure(@Input() { caller, params: { collection } }: EndpointInput<typeof measure>): Promise<Reply> {
    return new Reply(202, presentOperation(await this.compression.measure(caller.scope, collection)));
  }
}

const FIRST_RESULTS = 10;
const BITS: Readonly<Record<IndexCodes['kind'], number>> = { none: 0, vector: 32, halfvec: 16, bit: 1 };
const QDRANT_BITS = { none: 32, int8: 8, binary: 1 } as const;

function present({
  collection,
  sizes,
  copy,
  measured,
  state,
  reason,
}: CompressionReport): z.input<typeof compressionStatus> {
  const { name, settings, dimension } = collection;
  const { codes } = servingIndex(settings);
  const asked = compressionOf(settings);
  const kind = settings.vector_index.type === 'flat' ? 'none' : codes.kind;
  return {
    collection: name,
    compression: asked,
    state,
    reason,
    operation: settings.operation ?? null,
    used: {
      pgvector: schemeOfCodes[kind],
      candidates: codes.kind === 'bit' ? candidatesFor(codes, FIRST_RESULTS) : null,
      qdrant: copy ?? null,
    },
    records: sizes.records,
    bytes: {
      ...bytesOf(sizes, measured?.measurement.before),
      vector: bytes(dimension, 32),
      code: bytes(dimension, BITS[kind]),
      qdrant_memory: copy ? bytes(dimension, QDRANT_BITS[copy]) : null,
    },
    measured: measured ? presentMeasured(measured) : null,
  };
}

const bytes = (dimension: number, bits: number): number => Math.ceil((dimension * bits) / 8);

function bytesOf(
  { records, table, index, other_indexes }: CompressionReport['sizes'],
  before: { readonly bytes: number; readonly records: number } | undefined,
) {
  const each = (total: number, count = records): number => Math.round(total / Math.max(1, count));
  return {
    record: each(table),
    index: each(index),
    other_indexes: each(other_indexes),
    index_before: before && before.bytes > 0 ? each(before.bytes, before.records) : null,
  };
}

function presentMeasured({ measurement, at }: NonNullable<CompressionReport['measured']>) {
  const { records, sampled, queries, curve, verified } = measurement;
  return { at: at.toISOString(), records, sampled, queries, curve: [...curve], verified: verified ?? null };
}
