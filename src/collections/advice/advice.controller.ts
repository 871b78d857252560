import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { defineEndpoint, Reply, type EndpointInput } from '../../api/endpoint';
import { Endpoint, Input } from '../../api/endpoint.decorator';
import { nameSchema } from '../../api/schemas';
import { AuditTrail } from '../../audit/audit-trail';
import { forbidden, ZeroDbError } from '../../common/errors';
import type { Caller } from '../../common/scope';
import { adviceSchema } from '../dto/advice.schemas';
import { AdviceService, type Advice } from './advice.service';

const path = '/v1/collections/{collection}/advice';
const params = z.object({ collection: nameSchema });
const tag = 'Collections';

const get = defineEndpoint({
  method: 'GET',
  path,
  operationId: 'getIndexAdvice',
  audit: 'read',
  tag,
  summary: 'Which metadata fields were filtered slowly, and what an index would do',
  description:
    'Names the fields whose filters made searches slow in Postgres, with what an index on each would change, by an ' +
    'estimate from a sample of the records.',
  access: 'read',
  params,
  query: z.strictObject({
    apply: z.enum(['true', 'false']).default('false').meta({
      description:
        '`true` builds the indexes that are advised, in the background, as `POST …/advice/apply` does; for keys that may write.',
    }),
  }),
  responses: { 200: adviceSchema },
  deadlineMs: 10_000,
});

const apply = defineEndpoint({
  method: 'POST',
  path: `${path}/apply`,
  operationId: 'applyIndexAdvice',
  audit: 'admin',
  tag,
  summary: 'Build the metadata indexes that are advised',
  description:
    'Builds each index whose advice is `create_index`, in the background; filters work meanwhile. The answer names the ' +
    'operation of each. The collection shows an index among its `indexes` once searches use it.',
  access: 'write',
  params,
  responses: { 202: adviceSchema },
  deadlineMs: 10_000,
});

@Controller()
export class AdviceController {
  constructor(
    private readonly service: AdviceService,
    private readonly audit: AuditTrail,
  ) {}

  @Endpoint(get)
  async get(@Input() { caller, params, query }: EndpointInput<typeof get>): Promise<unknown> {
    const { collection } = params;
    if (query.apply !== 'true') return present(collection, await this.service.advise(caller.scope, collection));
    // More than the look that it was declared as: it leaves the entry of the administrative act that it is.
    const advice = await this.audit.run(apply, caller, params, errorOf, async () => {
      mustWrite(caller);
      return await this.service.apply(caller.scope, collection);
    });
    return present(collection, advice);
  }

  @Endpoint(apply)
  async apply(@Input() { caller, params: { collection } }: EndpointInput<typeof apply>): Promise<Reply> {
    return new Reply(202, present(collection, await this.service.apply(caller.scope, collection)));
  }
}

function mustWrite({ role }: Caller): void {
  if (role === 'read') throw forbidden('Applying advice needs a key with the role "write"; yours has "read".');
}

/** What the entry says of a failure. */
const errorOf = (thrown: unknown): ZeroDbError =>
  thrown instanceof ZeroDbError
    ? thrown
    : new ZeroDbError('internal', 500, 'It failed unexpectedly.', { cause: thrown });

const present = (collection: string, advice: readonly Advice[]): z.input<typeof adviceSchema> => ({
  collection,
  advice: advice.map(presentOne),
});

const presentOne = ({ seen, meanMs, expectedMs, action, reason }: Advice) => ({
  field: seen.field,
  type: seen.type,
  operators: [...seen.operators],
  searches: seen.searches,
  mean_ms: rounded(meanMs),
  worst_ms: rounded(seen.worstMs),
  expected_ms: rounded(expectedMs),
  selected_share: rounded(seen.selectedShare),
  index_share: rounded(seen.indexShare),
  action,
  reason,
  operation: seen.operation,
  last_at: seen.lastAt.toISOString(),
});

const rounded = (value: number): number => Number(value.toPrecision(3));
