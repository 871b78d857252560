import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { Endpoint, Input } from '../../api/endpoint.decorator';
import { BODY_BYTES, defineEndpoint, type EndpointDefinition, type EndpointInput } from '../../api/endpoint';
import { nameSchema } from '../../api/schemas';
import { toInclude } from '../dto/record.schemas';
import {
  diversifyBody,
  duplicatesAnswer,
  duplicatesBody,
  facetsAnswer,
  facetsBody,
  groupsAnswer,
  groupsBody,
  recommendBody,
  searchAnswer,
} from '../dto/search.schemas';
import { withVectorFormat } from '../records/record-presenter';
import { filterOf, present } from '../search/search.controller';
import { AdvancedService } from './advanced.service';

const common = {
  method: 'POST',
  tag: 'Search',
  access: 'read',
  params: z.object({ collection: nameSchema }),
  idempotent: false,
} as const satisfies Partial<EndpointDefinition>;

const recommend = defineEndpoint({
  ...common,
  path: '/v1/collections/{collection}/recommend',
  operationId: 'recommend',
  audit: 'read',
  summary: 'Records like these and unlike those',
  description:
    'Near the `positive` examples and far from the `negative` ones. Examples are ids of records, or vectors; the records among them are left out of the results.',
  maxBodyBytes: BODY_BYTES.many,
  body: recommendBody,
  responses: { 200: searchAnswer },
});

const groups = defineEndpoint({
  ...common,
  path: '/v1/collections/{collection}/groups',
  operationId: 'searchGroups',
  audit: 'read',
  summary: 'The best records per value of a field',
  description:
    'The best `group_size` records for each value of the field `group_by`, groups in the order of their best record: one result for each document instead of ten from the same one.',
  body: groupsBody,
  responses: { 200: groupsAnswer },
});

const diversify = defineEndpoint({
  ...common,
  path: '/v1/collections/{collection}/diversify',
  operationId: 'diversify',
  audit: 'read',
  summary: 'Relevant records that are unlike each other (MMR)',
  description:
    'Maximal marginal relevance: of the `candidates` nearest to the query, each next result is relevant and differs from those before. `lambda` weighs the two: 1 is relevance alone, 0 difference alone.',
  body: diversifyBody,
  responses: { 200: searchAnswer },
});

const duplicates = defineEndpoint({
  ...common,
  path: '/v1/collections/{collection}/duplicates',
  operationId: 'findDuplicates',
  audit: 'read',
  kind: 'analysis',
  summary: 'Clusters of near-duplicates',
  description:
    'Compares each record with each, up to 5,000 records; use a filter for more. A cluster’s score is that of the ' +
    'weakest link between its records.',
  body: duplicatesBody,
  responses: { 200: duplicatesAnswer },
  deadlineMs: 30_000,
});

const facets = defineEndpoint({
  ...common,
  path: '/v1/collections/{collection}/facets',
  operationId: 'facets',
  audit: 'read',
  summary: 'How many records have each value of a field',
  description:
    'Counts the records for each value of up to ten fields, of all records or of those that match `filter`; the most frequent `limit` values of each field. Elements of an array count one by one.',
  body: facetsBody,
  responses: { 200: facetsAnswer },
});

@Controller()
export class AdvancedController {
  constructor(private readonly advanced: AdvancedService) {}

  @Endpoint(recommend)
  async recommend(@Input() { caller, params, body, signal }: EndpointInput<typeof recommend>): Promise<unknown> {
    const request = { ...body, ...narrowing(body) };
    return present(await this.advanced.recommend(caller.scope, params.collection, request, signal), body);
  }

  @Endpoint(groups)
  async groups(@Input() { caller, params, body, signal }: EndpointInput<typeof groups>): Promise<unknown> {
    const answer = await this.advanced.groups(caller.scope, params.collection, { ...body, ...narrowing(body) }, signal);
    const format = body.vector_format ?? 'array';
    const shown = answer.groups.map(({ value, results }) => ({
      value,
      results: results.map((result) => withVectorFormat(result, format)),
    }));
    return { ...answer, groups: shown };
  }

  @Endpoint(diversify)
  async diversify(@Input() { caller, params, body, signal }: EndpointInput<typeof diversify>): Promise<unknown> {
    const request = { ...body, ...narrowing(body) };
    return present(await this.advanced.diversify(caller.scope, params.collection, request, signal), body);
  }

  @Endpoint(duplicates)
  async duplicates(@Input() { caller, params, body }: EndpointInput<typeof duplicates>): Promise<unknown> {
    return await this.advanced.duplicates(caller.scope, params.collection, { ...body, filter: filterOf(body) });
  }

  @Endpoint(facets)
  async facets(@Input() { caller, params, body }: EndpointInput<typeof facets>): Promise<unknown> {
    return await this.advanced.facets(caller.scope, params.collection, { ...body, filter: filterOf(body) });
  }
}

const narrowing = (body: { filter?: Record<string, unknown> | undefined; include?: string[] | undefined }) => ({
  filter: filterOf(body),
  include: toInclude(body.include),
});
