import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { defineEndpoint, type EndpointInput } from '../../api/endpoint';
import { Endpoint } from '../../api/endpoint.decorator';
import type { MetadataIndexSettings } from '../../collections/collection';
import { CollectionsService } from '../../collections/collections.service';
import { notFound, ZeroDbError } from '../../common/errors';
import { isObject } from '../../common/filter/values';
import type { Scope } from '../../common/scope';
import { formatError, unsupported, wrongInput } from './errors';
import { quoted } from './exact-json';
import { fieldOf, payloadPath } from './payload-path';
import { updated } from './update-result';
import { writing } from './route';
import { indexBody, ofCollection } from './schemas';

const MAX_INDEXES = 32;
const MAX_TRIES = 5;

const put = defineEndpoint({
  ...writing,
  method: 'PUT',
  path: '/collections/{collection}/index',
  operationId: 'qdrantCreateIndex',
  audit: 'admin',
  params: ofCollection,
  body: indexBody,
});
const remove = defineEndpoint({
  ...writing,
  method: 'DELETE',
  path: '/collections/{collection}/index/{field}',
  operationId: 'qdrantDeleteIndex',
  audit: 'admin',
  params: ofCollection.extend({ field: z.string() }),
});

type Indexes = readonly MetadataIndexSettings[];

/** Indexes of payload fields. Filters work without them, too. */
@Injectable()
export class IndexRoutes {
  constructor(private readonly collections: CollectionsService) {}

  @Endpoint(put)
  async put({ caller, params, body }: EndpointInput<typeof put>): Promise<unknown> {
    const field = fieldOf(payloadPath(body.field_name));
    const type = typeOf(body.field_schema);
    await this.change(caller.scope, params.collection, (indexes) => {
      const others = indexes.filter((index) => index.field !== field);
      if (others.length >= MAX_INDEXES) throw wrongInput(`A collection of ZeroDB has at most ${MAX_INDEXES} indexes`);
      return type === undefined ? indexes : [...others, { field, type }];
    });
    return updated();
  }

  @Endpoint(remove)
  async remove({ caller, params }: EndpointInput<typeof remove>): Promise<unknown> {
    const field = fieldOf(payloadPath(params.field));
    await this.change(caller.scope, params.collection, (indexes) => indexes.filter((index) => index.field !== field));
    return updated();
  }

  /** The list is replaced as a whole, so a change by somebody else in between starts it again. */
  private async change(scope: Scope, name: string, change: (indexes: Indexes) => Indexes): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const collection = await this.collections.find(scope, name);
      if (!collection) throw notFound('collection', name);
      const indexes = change(collection.settings.indexes);
      try {
        await this.collections.patch(scope, name, { indexes }, collection.version);
        return;
      } catch (error) {
        const isRace = error instanceof ZeroDbError && (error.status === 412 || error.status === 409);
        if (!isRace || attempt === MAX_TRIES) throw error;
      }
    }
  }
}

/** `undefined`: ZeroDB needs no index for it. */
const TYPES: Readonly<Record<string, MetadataIndexSettings['type'] | undefined>> = {
  keyword: 'string',
  uuid: 'string',
  integer: 'number',
  float: 'number',
  bool: 'boolean',
  datetime: 'datetime',
  text: undefined,
  geo: undefined,
};

/** Whether an option of a text index has no effect on answers, as ZeroDB finds words. Others are without effect anyway. */
const HARMLESS: Readonly<Record<string, (value: unknown) => boolean>> = {
  tokenizer: (value) => value !== 'prefix',
  lowercase: (value) => value !== false,
  ascii_folding: (value) => value !== true,
  stemmer: () => false,
  stopwords: () => false,
};

const mustBeHarmless = (options: Record<string, unknown>): void => {
  for (const [name, isHarmless] of Object.entries(HARMLESS)) {
    const value = options[name];
    if (value === undefined || value === null || isHarmless(value)) continue;
    throw unsupported(`A text index with ${typeof value === 'object' ? name : `${name} ${quoted(value)}`} is`);
  }
};

const typeOf = (schema: unknown): MetadataIndexSettings['type'] | undefined => {
  const name = isObject(schema) ? schema['type'] : schema;
  if (name === 'text' && isObject(schema)) mustBeHarmless(schema);
  if (typeof name === 'string' && Object.hasOwn(TYPES, name)) return TYPES[name];
  throw formatError('data did not match any variant of untagged enum PayloadFieldSchema');
};
