import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { forbidden } from '../../common/errors';
import { parseFilter, type FilterNode } from '../../common/filter';
import type { Caller } from '../../common/scope';
import { Endpoint, Input } from '../../api/endpoint.decorator';
import { BODY_BYTES, defineEndpoint, type EndpointInput } from '../../api/endpoint';
import { nameSchema } from '../../api/schemas';
import { toInclude } from '../dto/record.schemas';
import { batchAnswer, batchBody, searchAnswer, searchBody } from '../dto/search.schemas';
import { withVectorFormat } from '../records/record-presenter';
import { CachedSearch } from './cached-search';
import type { SearchAnswer, SearchRequest } from './search-request';
import { SearchService } from './search.service';

const params = z.object({ collection: nameSchema });

const search = defineEndpoint({
  method: 'POST',
  path: '/v1/collections/{collection}/search',
  operationId: 'search',
  audit: 'read',
  tag: 'Search',
  summary: 'Search by meaning, by keyword, or both',
  description:
    'By text (hybrid where the collection has an embedding model), by a vector, or by the id of a record. Best first; ' +
    'ties by id. `score` is the metric’s own number, BM25 for keyword, and the fused rank for hybrid.',
  access: 'read',
  params,
  body: searchBody,
  responses: { 200: searchAnswer },
  idempotent: false,
});

const batch = defineEndpoint({
  method: 'POST',
  path: '/v1/collections/{collection}/search/batch',
  operationId: 'searchBatch',
  audit: 'read',
  tag: 'Search',
  summary: 'Several searches at once',
  description: 'Rejected as a whole when one of them is invalid. The answers are in the order of the searches.',
  access: 'read',
  params,
  maxBodyBytes: BODY_BYTES.bulk,
  body: batchBody,
  responses: { 200: batchAnswer },
  idempotent: false,
});

type SearchBody = z.output<typeof searchBody>;

@Controller()
export class SearchController {
  constructor(
    private readonly searches: SearchService,
    private readonly cached: CachedSearch,
  ) {}

  @Endpoint(search)
  async search(
    @Input() { caller, params: { collection }, body, signal }: EndpointInput<typeof search>,
  ): Promise<unknown> {
    mayChooseEngine(caller, body);
    return present(await this.cached.search(caller.scope, collection, requestOf(body, ''), { signal }), body);
  }

  @Endpoint(batch)
  async batch(
    @Input() { caller, params: { collection }, body, signal }: EndpointInput<typeof batch>,
  ): Promise<unknown> {
    for (const one of body.searches) mayChooseEngine(caller, one);
    const requests = body.searches.map((one, index) => requestOf(one, pathOf(index)));
    for (const [index, request] of requests.entries()) {
      await this.searches.mustBeSearchable(caller.scope, collection, request, pathOf(index));
    }
    const answers = requests.map(async (request, index) => {
      const answer = await this.cached.search(caller.scope, collection, request, { path: pathOf(index), signal });
      return present(answer, body.searches[index]);
    });
    return { results: await Promise.all(answers) };
  }
}

/** It gives up what makes a search succeed when an engine is out: a matter for whoever looks at the engines. */
function mayChooseEngine({ role }: Caller, { engine }: Pick<SearchBody, 'engine'>): void {
  if (engine !== undefined && role !== 'admin') throw forbidden('Choosing an engine needs an admin key.');
}

const pathOf = (index: number): string => `/searches/${index}`;

const requestOf = (body: SearchBody, path: string): SearchRequest => ({
  ...body,
  filter: filterOf(body, path),
  include: toInclude(body.include),
});

export const filterOf = (body: { filter?: Record<string, unknown> | undefined }, path = ''): FilterNode | undefined =>
  body.filter === undefined || Object.keys(body.filter).length === 0
    ? undefined
    : parseFilter(body.filter, { basePath: `${path}/filter` });

export const present = (
  answer: SearchAnswer,
  asked: { vector_format?: 'array' | 'base64' | undefined } = {},
): unknown => ({
  ...answer,
  results: answer.results.map((result) => withVectorFormat(result, asked.vector_format ?? 'array')),
});
