import { Controller } from '@nestjs/common';
import { operationSchema } from '../../operations/operation.schemas';
import { presentOperation } from '../../operations/operations.controller';
import { CopyDirectory } from '../../followers/copy-directory';
import { Endpoint, Input } from '../../api/endpoint.decorator';
import { defineEndpoint, Reply, type EndpointInput } from '../../api/endpoint';
import { consistencyAnswer, consistencyQuery, verifyBody } from '../dto/consistency.schemas';
import { ConsistencyService } from './consistency.service';

const show = defineEndpoint({
  method: 'GET',
  path: '/v1/consistency',
  operationId: 'getConsistency',
  audit: 'none',
  kind: 'analysis',
  tag: 'Consistency',
  summary: 'Compare the copies with the record: current state',
  description:
    'Per collection: records, copied records, lag, parked records, the state of the copy, the last full proof, and the ' +
    'differences that were found and repaired. A slow comparison runs continuously.',
  access: 'read',
  query: consistencyQuery,
  responses: { 200: consistencyAnswer },
  deadlineMs: 10_000,
});

const verify = defineEndpoint({
  method: 'POST',
  path: '/v1/consistency/verify',
  operationId: 'verifyConsistency',
  audit: 'admin',
  kind: 'analysis',
  tag: 'Consistency',
  summary: 'Compare the copies with the record now',
  description:
    'A long operation: poll it. Its `result` says for each collection whether the copy is equal; what differs is ' +
    'repaired.',
  access: 'write',
  body: verifyBody,
  responses: { 202: operationSchema },
});

@Controller()
export class ConsistencyController {
  constructor(
    private readonly consistency: ConsistencyService,
    private readonly directory: CopyDirectory,
  ) {}

  @Endpoint(show)
  async show(@Input() { caller, query }: EndpointInput<typeof show>): Promise<unknown> {
    const { collection, limit, after } = query;
    const { scope } = caller;
    const found =
      collection === undefined
        ? await this.consistency.page(scope, limit, after)
        : await this.consistency.one(scope, collection);
    return {
      follower: this.consistency.follower ? 'qdrant' : null,
      state: this.consistency.state,
      lag: this.directory.lag,
      ...found,
      data: caller.isRoot ? found.data : found.data.map(withoutCause),
    };
  }

  @Endpoint(verify)
  async verify(@Input() { caller, body }: EndpointInput<typeof verify>): Promise<Reply> {
    return new Reply(202, presentOperation(await this.consistency.verify(caller.scope, body.collections)));
  }
}

/** The fault of a service may name its host: that is for the root key. */
const withoutCause = <T extends { readonly last_error: string | null }>(one: T): T =>
  one.last_error === null
    ? one
    : { ...one, last_error: 'The copy could not be built or compared; see the log for details.' };
