import { Injectable } from '@nestjs/common';
import { sleep } from '../common/sleep';
import { ZeroDbError } from '../common/errors';
import { GraphqlField, GraphqlOperations, query, type FieldInput } from '../api/field';

/** How soon a change of long work is seen; it is written about twice a second. */
const LOOK_MS = 500;

@Injectable()
@GraphqlOperations(
  query('operation', 'getOperation', { type: 'Operation' }),
  query('operations', 'listOperations', { type: 'Operation', pick: 'data' }),
)
export class OperationsResolver {
  @GraphqlField({
    on: 'Subscription',
    name: 'operation',
    type: 'Operation!',
    description: 'Long work: as it is now, each time it changes, and how it ended. Then it is complete.',
    args: { id: 'String!' },
    access: 'read',
  })
  async *operation({ args, context }: FieldInput<{ id: string }>): AsyncGenerator<unknown> {
    const { call, signal } = context;
    for (let shown = ''; !signal.aborted;) {
      const now = await unlessAway(call('getOperation', { params: { id: args.id } }));
      const text = JSON.stringify(now);
      if (now && text !== shown) yield now;
      shown = now ? text : shown;
      if (now?.state === 'succeeded' || now?.state === 'failed') return;
      await sleep(LOOK_MS, signal);
    }
  }
}

/** A temporary outage of Postgres does not end subscriptions. */
const unlessAway = async (work: Promise<unknown>): Promise<Record<string, unknown> | undefined> =>
  await work
    .catch((error: unknown) => {
      if (error instanceof ZeroDbError && error.retryable) return undefined;
      throw error;
    })
    .then((value) => value as Record<string, unknown> | undefined);
