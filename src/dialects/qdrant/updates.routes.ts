import { Injectable } from '@nestjs/common';
import type { z } from 'zod';
import { BODY_BYTES, defineEndpoint, type EndpointInput } from '../../api/endpoint';
import { Endpoint } from '../../api/endpoint.decorator';
import { formatError } from './errors';
import { PointUpdates, type Target, type Write } from './point-updates';
import { writing } from './route';
import {
  deletePayloadBody,
  deleteVectorsBody,
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
const deleteVectors = defineEndpoint({
  ...bulk,
  method: 'POST',
  path: `${path}/vectors/delete`,
  operationId: 'qdrantDeleteVectors',
  body: deleteVectorsBody,
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
    return await done(this.updates.upsert(targetOf(input), input.body));
  }

  @Endpoint(remove)
  async remove(input: EndpointInput<typeof remove>): Promise<unknown> {
    return await done(this.updates.delete(targetOf(input), input.body));
  }

  @Endpoint(setPayload)
  async setPayload(input: EndpointInput<typeof setPayload>): Promise<unknown> {
    return await done(this.updates.setPayload(targetOf(input), input.body));
  }

  @Endpoint(overwritePayload)
  async overwritePayload(input: EndpointInput<typeof overwritePayload>): Promise<unknown> {
    return await done(this.updates.overwritePayload(targetOf(input), input.body));
  }

  @Endpoint(deletePayload)
  async deletePayload(input: EndpointInput<typeof deletePayload>): Promise<unknown> {
    return await done(this.updates.deletePayload(targetOf(input), input.body));
  }

  @Endpoint(clearPayload)
  async clearPayload(input: EndpointInput<typeof clearPayload>): Promise<unknown> {
    return await done(this.updates.clearPayload(targetOf(input), input.body));
  }

  @Endpoint(updateVectors)
  async updateVectors(input: EndpointInput<typeof updateVectors>): Promise<unknown> {
    return await done(this.updates.updateVectors(targetOf(input), input.body));
  }

  @Endpoint(deleteVectors)
  async deleteVectors(input: EndpointInput<typeof deleteVectors>): Promise<unknown> {
    return await done(this.updates.deleteVectors(targetOf(input), input.body));
  }

  /** One after the other; all are read and checked before the first begins. */
  @Endpoint(batch)
  async batch(input: EndpointInput<typeof batch>): Promise<unknown> {
    const target = targetOf(input);
    const writes: Write[] = [];
    for (const operation of input.body.operations) writes.push(await this.write(target, operation));
    const results = [];
    for (const write of writes) {
      target.signal.throwIfAborted();
      results.push(await done(write));
    }
    return results;
  }

  private async write(target: Target, operation: Record<string, unknown>): Promise<Write> {
    const [name = '', ...others] = Object.keys(operation);
    const { updates } = this;
    const body = operation[name];
    const known: Record<string, () => Write | Promise<Write>> = {
      upsert: () => updates.upsert(target, parsed(upsertBody, body)),
      delete: () => updates.delete(target, parsed(selectorBody, body)),
      set_payload: () => updates.setPayload(target, parsed(setPayloadBody, body)),
      overwrite_payload: () => updates.overwritePayload(target, parsed(setPayloadBody, body)),
      delete_payload: () => updates.deletePayload(target, parsed(deletePayloadBody, body)),
      clear_payload: () => updates.clearPayload(target, parsed(selectorBody, body)),
      delete_vectors: () => updates.deleteVectors(target, parsed(deleteVectorsBody, body)),
      update_vectors: () => updates.updateVectors(target, parsed(vectorsBody, body)),
    };
    const read = Object.hasOwn(known, name) ? known[name] : undefined;
    if (others.length > 0 || !read) throw noOperation();
    return await read();
  }
}

const done = async (write: Write | Promise<Write>): Promise<unknown> => {
  await (
    await write
  )();
  return updated();
};

const noOperation = () => formatError('data did not match any variant of untagged enum UpdateOperation');

const parsed = <S extends z.ZodType>(schema: S, body: unknown): z.output<S> => {
  const result = schema.safeParse(body);
  if (!result.success) throw noOperation();
  return result.data;
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
