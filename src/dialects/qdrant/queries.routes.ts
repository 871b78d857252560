import { Injectable } from '@nestjs/common';
import { BODY_BYTES, defineEndpoint, type EndpointInput } from '../../api/endpoint';
import { Endpoint } from '../../api/endpoint.decorator';
import { isObject } from '../../common/filter/values';
import { PointSearch, type Asked } from './point-search';
import type { Target } from './point-updates';
import { exampleOf, queryOf, recommendationOf } from './query';
import { searching } from './route';
import {
  ofCollection,
  queryBatchBody,
  queryBody,
  queryGroupsBody,
  recommendBatchBody,
  recommendBody,
  searchBatchBody,
  searchBody,
  searchGroupsBody,
} from './schemas';

const path = '/collections/{collection}/points';
const one = { ...searching, method: 'POST', params: ofCollection, maxBodyBytes: BODY_BYTES.many } as const;
const many = { ...one, maxBodyBytes: BODY_BYTES.bulk } as const;

const query = defineEndpoint({ ...one, path: `${path}/query`, operationId: 'qdrantQuery', body: queryBody.optional() });
const queryBatch = defineEndpoint({
  ...many,
  path: `${path}/query/batch`,
  operationId: 'qdrantQueryBatch',
  body: queryBatchBody,
});
const search = defineEndpoint({ ...one, path: `${path}/search`, operationId: 'qdrantSearch', body: searchBody });
const searchBatch = defineEndpoint({
  ...many,
  path: `${path}/search/batch`,
  operationId: 'qdrantSearchBatch',
  body: searchBatchBody,
});
const recommend = defineEndpoint({
  ...one,
  path: `${path}/recommend`,
  operationId: 'qdrantRecommend',
  body: recommendBody,
});
const recommendBatch = defineEndpoint({
  ...many,
  path: `${path}/recommend/batch`,
  operationId: 'qdrantRecommendBatch',
  body: recommendBatchBody,
});

const queryGroups = defineEndpoint({
  ...one,
  path: `${path}/query/groups`,
  operationId: 'qdrantQueryGroups',
  body: queryGroupsBody,
});
const searchGroups = defineEndpoint({
  ...one,
  path: `${path}/search/groups`,
  operationId: 'qdrantSearchGroups',
  body: searchGroupsBody,
});

/** Ranking points: the query API, and its older forms. */
@Injectable()
export class QueryRoutes {
  constructor(private readonly searches: PointSearch) {}

  @Endpoint(query)
  async query(input: EndpointInput<typeof query>): Promise<unknown> {
    return { points: await this.single(input, byQuery(input.body ?? {})) };
  }

  @Endpoint(queryBatch)
  async queryBatch(input: EndpointInput<typeof queryBatch>): Promise<unknown> {
    const results = await this.batch(input, input.body.searches.map(byQuery));
    return results.map((points) => ({ points }));
  }

  @Endpoint(search)
  async search(input: EndpointInput<typeof search>): Promise<unknown> {
    return await this.single(input, bySearch(input.body));
  }

  @Endpoint(searchBatch)
  async searchBatch(input: EndpointInput<typeof searchBatch>): Promise<unknown> {
    return await this.batch(input, input.body.searches.map(bySearch));
  }

  @Endpoint(recommend)
  async recommend(input: EndpointInput<typeof recommend>): Promise<unknown> {
    return await this.single(input, byExamples(input.body));
  }

  @Endpoint(recommendBatch)
  async recommendBatch(input: EndpointInput<typeof recommendBatch>): Promise<unknown> {
    return await this.batch(input, input.body.searches.map(byExamples));
  }

  @Endpoint(queryGroups)
  async queryGroups(input: EndpointInput<typeof queryGroups>): Promise<unknown> {
    return await this.searches.groups(targetOf(input), { ...byQuery(input.body), group: input.body });
  }

  @Endpoint(searchGroups)
  async searchGroups(input: EndpointInput<typeof searchGroups>): Promise<unknown> {
    return await this.searches.groups(targetOf(input), { ...bySearch(input.body), group: input.body });
  }

  private async single(input: Input, asked: Asked): Promise<object[]> {
    const [points = []] = await this.batch(input, [asked]);
    return points;
  }

  private async batch(input: Input, asked: readonly Asked[]): Promise<object[][]> {
    return await this.searches.all(targetOf(input), asked);
  }
}

type AskedBody = Asked['body'];
type Input = Pick<EndpointInput<typeof query>, 'caller' | 'params' | 'signal'>;

const targetOf = ({ caller, params, signal }: Input): Target => ({
  scope: caller.scope,
  collection: params.collection,
  signal,
});

const byQuery = (body: AskedBody & { query?: unknown }): Asked => ({
  body,
  read: (collection, using) => queryOf(collection, using, body.query),
  name: 'internal',
});

/** `vector` is the vector, or one with its name. */
const bySearch = (body: AskedBody & { vector?: unknown }): Asked => {
  const { vector } = body;
  const isNamed = isObject(vector) && 'name' in vector;
  const [using, given] = isNamed ? [vector['name'], vector['vector']] : [body.using, vector];
  return {
    body: { ...body, using },
    read: (collection, name) => ({ kind: 'nearest', to: exampleOf(collection, name, given) }),
    name: 'search_request',
  };
};

const byExamples = (body: AskedBody): Asked => ({
  body,
  read: (collection, using) => recommendationOf(collection, using, body),
  name: 'recommend_request',
});
