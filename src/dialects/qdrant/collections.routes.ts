import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { defineEndpoint, type EndpointInput } from '../../api/endpoint';
import { Endpoint } from '../../api/endpoint.decorator';
import { nameSchema } from '../../api/schemas';
import { CollectionsService } from '../../collections/collections.service';
import type { CollectionDefinition } from '../../collections/collection';
import type { Metric } from '../../collections/metric';
import type { NamedVectorSettings, SparseVectorSettings } from '../../collections/named-vectors';
import { ZeroDbError } from '../../common/errors';
import { isObject, isStorableText } from '../../common/filter/values';
import { collectionExists, formatError, unsupported, wrongInput } from './errors';
import { infoOf } from './collection-info';
import { reading, writing } from './route';
import { createBody, ofCollection, sparseOfCollection, vectorsOfCollection } from './schemas';
import { UNNAMED } from './vectors';

const path = '/collections/{collection}';

const list = defineEndpoint({ ...reading, method: 'GET', path: '/collections', operationId: 'qdrantListCollections' });
const exists = defineEndpoint({
  ...reading,
  method: 'GET',
  path: `${path}/exists`,
  operationId: 'qdrantCollectionExists',
  params: ofCollection,
});
const get = defineEndpoint({
  ...reading,
  method: 'GET',
  path,
  operationId: 'qdrantGetCollection',
  params: ofCollection,
});
const put = defineEndpoint({
  ...writing,
  method: 'PUT',
  path,
  operationId: 'qdrantCreateCollection',
  audit: 'admin',
  params: ofCollection,
  body: createBody.optional(),
});
const patch = defineEndpoint({
  ...writing,
  method: 'PATCH',
  path,
  operationId: 'qdrantUpdateCollection',
  audit: 'admin',
  params: ofCollection,
  body: z.looseObject({ metadata: z.unknown().optional() }).optional(),
});
const remove = defineEndpoint({
  ...writing,
  method: 'DELETE',
  path,
  operationId: 'qdrantDeleteCollection',
  audit: 'admin',
  params: ofCollection,
});

/** Collections of the key's project. How they are stored and indexed is ZeroDB's matter: such settings have no effect. */
@Injectable()
export class CollectionRoutes {
  constructor(private readonly collections: CollectionsService) {}

  @Endpoint(list)
  async list({ caller }: EndpointInput<typeof list>): Promise<unknown> {
    const names = await this.collections.names(caller.scope);
    return { collections: names.map((name) => ({ name })) };
  }

  @Endpoint(exists)
  async exists({ caller, params }: EndpointInput<typeof exists>): Promise<unknown> {
    return { exists: (await this.collections.find(caller.scope, params.collection)) !== undefined };
  }

  @Endpoint(get)
  async get({ caller, params }: EndpointInput<typeof get>): Promise<unknown> {
    const { collection, counts } = await this.collections.get(caller.scope, params.collection);
    return infoOf(collection, counts);
  }

  @Endpoint(put)
  async put({ caller, params, body }: EndpointInput<typeof put>): Promise<boolean> {
    const name = params.collection;
    mustBeName(name);
    const definition = { ...shapeOf(body ?? {}), embedding_model: null };
    try {
      await this.collections.put(caller.scope, name, definition, { createOnly: true });
      return true;
    } catch (error) {
      if (error instanceof ZeroDbError && error.status === 412) throw collectionExists(name);
      throw error;
    }
  }

  @Endpoint(patch)
  async patch({ caller, params, body }: EndpointInput<typeof patch>): Promise<boolean> {
    await this.collections.resolve(caller.scope, params.collection);
    mustHaveNothing(body?.metadata, 'Metadata of a collection is');
    return true;
  }

  @Endpoint(remove)
  async remove({ caller, params }: EndpointInput<typeof remove>): Promise<boolean> {
    try {
      await this.collections.delete(caller.scope, params.collection);
      return true;
    } catch (error) {
      if (error instanceof ZeroDbError && error.status === 404) return false;
      throw error;
    }
  }
}

const METRICS: Readonly<Record<z.output<typeof vectorsOfCollection>['distance'], Metric>> = {
  Cosine: 'cosine',
  Dot: 'dot',
  Euclid: 'euclid',
  Manhattan: 'manhattan',
};

const mustBeName = (name: string): void => {
  const parsed = nameSchema.safeParse(name);
  if (!parsed.success) throw wrongInput(`collection name ${parsed.error.issues[0]?.message ?? 'is invalid'}`);
};

/** Its vectors. What would change answers and does not exist yet is refused. */
const shapeOf = (body: z.output<typeof createBody>): CollectionDefinition => {
  mustHaveNothing(body.metadata, 'Metadata of a collection is');
  mustHaveNothing(body.init_from, '"init_from" is');
  if (body.sharding_method === 'custom') throw unsupported('Custom sharding is');
  const { [UNNAMED]: unnamed, ...named } = vectorsIn(body.vectors);
  if (unnamed?.kind === 'multi') throw unsupported('A multivector without a name is');
  const sparse = sparseIn(body.sparse_vectors);
  return {
    dimension: unnamed?.dimension ?? 0,
    metric: unnamed?.metric,
    ...(Object.keys(named).length > 0 ? { vectors: named } : {}),
    ...(Object.keys(sparse).length > 0 ? { sparse_vectors: sparse } : {}),
  };
};

/** By name; one alone stands without. */
const vectorsIn = (input: unknown): Record<string, NamedVectorSettings> => {
  if (input === undefined || input === null) return {};
  if (!isObject(input)) throw noVectors();
  const byName = Object.values(input).every(isObject) ? input : { [UNNAMED]: input };
  return Object.fromEntries(Object.entries(byName).map(([name, params]) => [mustBeVectorName(name), spaceOf(params)]));
};

const spaceOf = (input: unknown): NamedVectorSettings => {
  const parsed = vectorsOfCollection.safeParse(input);
  if (!parsed.success) throw noVectors();
  const { size, distance, datatype, multivector_config: multi } = parsed.data;
  if (datatype === 'uint8') throw unsupported('Vectors of the datatype "uint8" are');
  return { dimension: size, metric: METRICS[distance], kind: multi ? 'multi' : 'dense' };
};

const sparseIn = (input: unknown): Record<string, SparseVectorSettings> => {
  const parsed = sparseOfCollection.safeParse(input ?? {});
  if (!parsed.success) throw formatError('data did not match any variant of SparseVectorParams');
  return Object.fromEntries(
    Object.entries(parsed.data).map(([name, params]) => [
      mustBeVectorName(name),
      params?.modifier === 'idf' ? { modifier: 'idf' as const } : {},
    ]),
  );
};

const MAX_VECTOR_NAME = 128;

const mustBeVectorName = (name: string): string => {
  if (name.length <= MAX_VECTOR_NAME && isStorableText(name)) return name;
  throw wrongInput(`The name of a vector has at most ${MAX_VECTOR_NAME} characters, and no NUL`);
};

const noVectors = () => formatError('data did not match any variant of untagged enum VectorsConfig');

const mustHaveNothing = (value: unknown, what: string): void => {
  const isNothing = value === undefined || value === null || (isObject(value) && Object.keys(value).length === 0);
  if (!isNothing) throw unsupported(what);
};
