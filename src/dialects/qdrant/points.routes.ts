import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { BODY_BYTES, defineEndpoint, type EndpointInput } from '../../api/endpoint';
import { Endpoint } from '../../api/endpoint.decorator';
import { AdvancedService } from '../../collections/advanced/advanced.service';
import type { Collection } from '../../collections/collection';
import { CollectionsService } from '../../collections/collections.service';
import { PointsService } from '../../collections/points/points.service';
import type { RecordRow } from '../../collections/records/record-rows';
import { RecordsService } from '../../collections/records/records.service';
import type { Scope } from '../../common/scope';
import { unsupported, wrongInput } from './errors';
import { filterNodeOf } from './filter';
import { limitOf, mostPoints, MOST_POINTS } from './limits';
import { fieldOf, payloadPath } from './payload-path';
import { pointIdOf, recordIdInPath, recordIdOf } from './point-id';
import { reading } from './route';
import { countBody, facetBody, ofCollection, retrieveBody, scrollBody } from './schemas';
import { pointOf, shownOf, type Shown } from './shown';

const path = '/collections/{collection}/points';
const asked = { ...reading, params: ofCollection, maxBodyBytes: BODY_BYTES.many } as const;

const retrieve = defineEndpoint({ ...asked, method: 'POST', path, operationId: 'qdrantGetPoints', body: retrieveBody });
const get = defineEndpoint({
  ...reading,
  method: 'GET',
  path: `${path}/{id}`,
  operationId: 'qdrantGetPoint',
  params: ofCollection.extend({ id: z.string() }),
});
const scroll = defineEndpoint({
  ...asked,
  method: 'POST',
  path: `${path}/scroll`,
  operationId: 'qdrantScrollPoints',
  body: scrollBody.optional(),
});
const count = defineEndpoint({
  ...asked,
  method: 'POST',
  path: `${path}/count`,
  operationId: 'qdrantCountPoints',
  body: countBody,
});
const facet = defineEndpoint({
  ...asked,
  method: 'POST',
  path: '/collections/{collection}/facet',
  operationId: 'qdrantFacet',
  body: facetBody,
});

/** Reading points without ranking them. */
@Injectable()
export class PointRoutes {
  constructor(
    private readonly collections: CollectionsService,
    private readonly records: RecordsService,
    private readonly points: PointsService,
    private readonly advanced: AdvancedService,
  ) {}

  @Endpoint(retrieve)
  async retrieve({ caller, params, body }: EndpointInput<typeof retrieve>): Promise<unknown> {
    const ids = [...new Set(body.ids.map(recordIdOf))];
    const shown = shownOf(body, false);
    const collection = await this.collections.resolve(caller.scope, params.collection);
    const most = mostPoints(collection, shown);
    if (ids.length > most) throw wrongInput(`ZeroDB returns at most ${most} of these points at once`);
    const rows = new Map((await this.found(caller.scope, collection, ids, shown)).map((row) => [row.id, row]));
    return ids.flatMap((id) => {
      const row = rows.get(id);
      return row ? pointOf(collection, row, shown) : [];
    });
  }

  @Endpoint(get)
  async get({ caller, params }: EndpointInput<typeof get>): Promise<unknown> {
    const id = recordIdInPath(params.id);
    const shown = shownOf({ with_vector: true }, true);
    const collection = await this.collections.resolve(caller.scope, params.collection);
    const row = await this.records.get(caller.scope, collection.name, id, shown.include);
    return pointOf(collection, row, shown)[0];
  }

  /** In pages of at most `mostPoints`: `next_page_offset` leads on, as for any page. */
  @Endpoint(scroll)
  async scroll({ caller, params, body = {} }: EndpointInput<typeof scroll>): Promise<unknown> {
    if (body.order_by !== undefined && body.order_by !== null) throw unsupported('"order_by" is');
    const shown = shownOf(body, true);
    const asked = limitOf('scroll_request', body.limit);
    const collection = await this.collections.resolve(caller.scope, params.collection);
    const limit = Math.min(asked, mostPoints(collection, shown));
    const rows = await this.points.scroll(caller.scope, collection.name, {
      filter: filterNodeOf(body.filter),
      from: body.offset === undefined || body.offset === null ? undefined : recordIdOf(body.offset),
      limit: limit + 1,
      include: shown.include,
    });
    const points = rows.slice(0, limit).flatMap((row) => pointOf(collection, row, shown));
    return { points, next_page_offset: pointIdOf(rows[limit]?.id ?? '') ?? null };
  }

  @Endpoint(count)
  async count({ caller, params, body }: EndpointInput<typeof count>): Promise<unknown> {
    const selection = { filter: filterNodeOf(body?.filter), pointIds: true };
    return { count: await this.records.count(caller.scope, params.collection, selection) };
  }

  @Endpoint(facet)
  async facet({ caller, params, body }: EndpointInput<typeof facet>): Promise<unknown> {
    const field = fieldOf(payloadPath(body.key));
    const limit = Math.min(limitOf('facet_request', body.limit), MOST_POINTS);
    const request = { fields: [field], filter: filterNodeOf(body.filter), pointIds: true, limit };
    const { facets } = await this.advanced.facets(caller.scope, params.collection, request);
    return { hits: facets[field] ?? [] };
  }

  private async found(
    scope: Scope,
    { name }: Collection,
    ids: readonly string[],
    { include }: Shown,
  ): Promise<RecordRow[]> {
    if (ids.length === 0) return [];
    const page = await this.records.list(scope, name, { ids, limit: ids.length, include, afterPath: '' });
    return page.data;
  }
}
