import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { BODY_BYTES, defineEndpoint, type EndpointInput } from '../../api/endpoint';
import { Endpoint } from '../../api/endpoint.decorator';
import { formatError, unsupported } from './errors';
import { PointUpdates, type Target } from './point-updates';
import { writing } from './route';
import {
  deletePayloadBody,
  ofCollection,
  operationsBody,
  selectorBody,
  setPayloadBody,
  upsertBody,
  vectorsBody,
} from './schemas';
import { updated } from './update-result';

const path = '/collections/{collection}/points';
const bulk = { ...writing, params: ofCollection, maxBodyBytes: BODY_BYTES.bulk } as const;

const upsert = defineEndpoint({ ...bulk, method: 'PUT', path, operationId: 'qdrantUpsertPoints', body: upsertBody });
const remove = defineEndpoint({
  ...bulk,
  method: 'POST',
  path: `${path}/delete`,
  operationId: 'qdrantDeletePoints',
  body: selectorBody,
});
const setPayload = defineEndpoint({
  ...bulk,
  method: 'POST',
  path: `${path}/payload`,
  operationId: 'qdrantSetPayload',
  body: setPayloadBody,
});
const overwritePayload = defineEndpoint({
  ...bulk,
  method: 'PUT',
  path: `${path}/payload`,
  operationId: 'qdrantOverwritePayload',
  body: setPayloadBody,
});
const deletePayload = defineEndpoint({
  ...bulk,
  method: 'POST',
  path: `${path}/payload/delete`,
  operationId: 'qdrantDeletePayload',
  body: deletePayloadBody,
});
const clearPayload = defineEndpoint({
  ...bulk,
  method: 'POST',
  path: `${path}/payload/clear`,
  operationId: 'qdrantClearPayload',
  body: selectorBody,
});
const updateVectors = defineEndpoint({
  ...bulk,
  method: 'PUT',
  path: `${path}/vectors`,
  operationId: 'qdrantUpdateVectors',
  body: vectorsBody,
});
const batch = defineEndpoint({
  ...bulk,
  method: 'POST',
  path: `${path}/batch`,
  operationId: 'qdrantBatchUpdate',
  body: operationsBody,
});

/** Writes on points. */
@Injectable()
export class UpdateRoutes {
  constructor(private readonly updates: PointUpdates) {}

  @Endpoint(upsert)
  async upsert(input: EndpointInput<typeof upsert>): Promise<unknown> {
    await this.updates.upsert(targetOf(input), input.body);
    return updated();
  }

  @Endpoint(remove)
  async remove(input: EndpointInput<typeof remove>): Promise<unknown> {
    await this.updates.delete(targetOf(input), input.body);
    return updated();
  }

  @Endpoint(setPayload)
  async setPayload(input: EndpointInput<typeof setPayload>): Promise<unknown> {
    await this.updates.setPayload(targetOf(input), input.body);
    return updated();
  }

  @Endpoint(overwritePayload)
  async overwritePayload(input: EndpointInput<typeof overwritePayload>): Promise<unknown> {
    await this.updates.overwritePayload(targetOf(input), input.body);
    return updated();
  }

  @Endpoint(deletePayload)
  async deletePayload(input: EndpointInput<typeof deletePayload>): Promise<unknown> {
    await this.updates.deletePayload(targetOf(input), input.body);
    return updated();
  }

  @Endpoint(clearPayload)
  async clearPayload(input: EndpointInput<typeof clearPayload>): Promise<unknown> {
    await this.updates.clearPayload(targetOf(input), input.body);
    return updated();
  }

  @Endpoint(updateVectors)
  async updateVectors(input: EndpointInput<typeof updateVectors>): Promise<unknown> {
    await this.updates.updateVectors(targetOf(input), input.body);
    return updated();
  }

  /** One after the other; all are read before the first runs. */
  @Endpoint(batch)
  async batch(input: EndpointInput<typeof batch>): Promise<unknown> {
    const target = targetOf(input);
    const results = [];
    for (const run of input.body.operations.map((operation) => this.operation(operation))) {
      await run(target);
      results.push(updated());
    }
    return results;
  }

  private operation(operation: Record<string, unknown>): (target: Target) => Promise<void> {
    const [name = '', ...others] = Object.keys(operation);
    if (name === 'delete_vectors') throw unsupported('Points without a vector are');
    const { updates } = this;
    const known: Record<string, () => (target: Target) => Promise<void>> = {
      upsert: () => read(upsertBody, operation[name], (target, body) => updates.upsert(target, body)),
      delete: () => read(selectorBody, operation[name], (target, body) => updates.delete(target, body)),
      set_payload: () => read(setPayloadBody, operation[name], (target, body) => updates.setPayload(target, body)),
      overwrite_payload: () =>
        read(setPayloadBody, operation[name], (target, body) => updates.overwritePayload(target, body)),
      delete_payload: () =>
        read(deletePayloadBody, operation[name], (target, body) => updates.deletePayload(target, body)),
      clear_payload: () => read(selectorBody, operation[name], (target, body) => updates.clearPayload(target, body)),
      update_vectors: () => read(vectorsBody, operation[name], (target, body) => updates.updateVectors(target, body)),
    };
    if (others.length > 0 || !Object.hasOwn(known, name)) throw noOperation();
    return (known[name] as () => (target: Target) => Promise<void>)();
  }
}

const noOperation = () => formatError('data did not match any variant of untagged enum UpdateOperation');

const read = <S extends z.ZodType>(
  schema: S,
  body: unknown,
  run: (target: Target, body: z.output<S>) => Promise<void>,
): ((target: Target) => Promise<void>) => {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw noOperation();
  return (target) => run(target, parsed.data);
};

const targetOf = ({
  caller,
  params,
  signal,
}: Pick<EndpointInput<typeof batch>, 'caller' | 'params' | 'signal'>): Target => ({
  scope: caller.scope,
  collection: params.collection,
  signal,
});
