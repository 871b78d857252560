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
import { wrongInput } from './errors';
import { filterNodeOf } from './filter';
import { limitOf, mostPoints, MOST_POINTS } from './limits';
import { orderOf } from './order';
import { fieldOf, payloadPath } from './payload-path';
import { PointReader } from './point-reader';
import { pointIdOf, recordIdInPath, recordIdOf } from './point-id';
import { reading } from './route';
import { countBody, facetBody, ofCollection, retrieveBody, scrollBody, type ScrollBody } from './schemas';
import { pointOf, shownOf, isReadApart, type Shown } from './shown';

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

const NOTHING = { metadata: false, text: false, vector: false };
const NO_OFFSET =
  'Cannot use an `offset` when using `order_by`. The alternative for paging is to use `order_by.start_from` and a filter to ' +
  "exclude the IDs that you've already seen for the `order_by.start_from` value";

/** Reading points without ranking them. */
@Injectable()
export class PointRoutes {
  constructor(
    private readonly collections: CollectionsService,
    private readonly records: RecordsService,
    private readonly points: PointsService,
    private readonly advanced: AdvancedService,
    private readonly reader: PointReader,
  ) {}

  @Endpoint(retrieve)
  async retrieve({ caller, params, body }: EndpointInput<typeof retrieve>): Promise<unknown> {
    const ids = [...new Set(body.ids.map(recordIdOf))];
    const collection = await this.collections.resolve(caller.scope, params.collection);
    const shown = shownOf(collection, body, false);
    const most = mostPoints(collection, shown);
    if (ids.length > most) throw wrongInput(`ZeroDB returns at most ${most} of these points at once`);
    const { rows, read } = await this.reader.read(caller.scope, collection, ids, shown.include);
    if (read < ids.length) throw wrongInput(`ZeroDB returns at most ${read} of these points at once`);
    return ids.flatMap((id) => {
      const row = rows.get(id);
      return row ? pointOf(collection, row, shown) : [];
    });
  }

  @Endpoint(get)
  async get({ caller, params }: EndpointInput<typeof get>): Promise<unknown> {
    const id = recordIdInPath(params.id);
    const collection = await this.collections.resolve(caller.scope, params.collection);
    const shown = shownOf(collection, { with_vector: true }, true);
    const row = await this.records.get(caller.scope, collection.name, id, shown.include);
    return pointOf(collection, row, shown)[0];
  }

  /** In pages of at most `mostPoints`: `next_page_offset` leads on, as for any page. */
  @Endpoint(scroll)
  async scroll({ caller, params, body = {} }: EndpointInput<typeof scroll>): Promise<unknown> {
    const asked = limitOf('scroll_request', body.limit);
    const collection = await this.collections.resolve(caller.scope, params.collection);
    const shown = shownOf(collection, body, true);
    const limit = Math.min(asked, mostPoints(collection, shown));
    if (body.order_by !== undefined && body.order_by !== null) {
      return await this.ordered(caller.scope, collection, { body, shown, limit });
    }
    const isApart = isReadApart(collection, shown, limit);
    const rows = await this.points.scroll(caller.scope, collection.name, {
      filter: filterNodeOf(body.filter),
      from: body.offset === undefined || body.offset === null ? undefined : recordIdOf(body.offset),
      limit: limit + 1,
      include: isApart ? NOTHING : shown.include,
    });
    const page = rows.slice(0, limit);
    const { found, read } = isApart
      ? await this.apart(caller.scope, collection, page, shown)
      : { found: page, read: page.length };
    const points = found.flatMap((row) => pointOf(collection, row, shown));
    return { points, next_page_offset: pointIdOf(rows[read]?.id ?? '') ?? null };
  }

  /** As many of the page as fit into an answer with their vectors. */
  private async apart(
    scope: Scope,
    collection: Collection,
    page: readonly RecordRow[],
    { include }: Shown,
  ): Promise<{ found: RecordRow[]; read: number }> {
    const ids = page.map(({ id }) => id);
    const { rows, read } = await this.reader.read(scope, collection, ids, include);
    return { found: ids.slice(0, read).flatMap((id) => rows.get(id) ?? []), read };
  }

  /** By the values of a key. No page has a next one: the client continues at a value. */
  private async ordered(
    scope: Scope,
    collection: Collection,
    { body, shown, limit }: { readonly body: ScrollBody; readonly shown: Shown; readonly limit: number },
  ): Promise<unknown> {
    if (body.offset !== undefined && body.offset !== null) throw wrongInput(NO_OFFSET);
    const order = orderOf(body.order_by, collection);
    const request = { filter: filterNodeOf(body.filter), limit, include: NOTHING, order };
    const rows = await this.points.ordered(scope, collection.name, request);
    const ids = [...new Set(rows.map(({ id }) => id))];
    const { rows: found, read } = await this.reader.read(scope, collection, ids, shown.include);
    if (read < ids.length)
      throw wrongInput(`ZeroDB returns at most ${read} of these points with their vectors and payloads at once`);
    const points = rows.flatMap(({ id, order_value }) => {
      const row = found.get(id);
      return row ? pointOf(collection, row, shown).map((point) => ({ ...point, order_value })) : [];
    });
    return { points, next_page_offset: null };
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
}
