import { Injectable } from '@nestjs/common';
import { notFound, ZeroDbError } from '../common/errors';
import type { Scope } from '../common/scope';
import { activeTraceparent, detached, span, type SpanFacts } from '../common/tracing';
import type { Operation } from './operation';
import type { OperationKind, OperationResult } from './operation.schemas';
import { OperationsRepository, type OperationChange } from './operations.repository';

/** Progress is written this often at most: it is for people. */
const PROGRESS_INTERVAL_MS = 500;

/** The store of long work, and the runner of what runs in this process. */
@Injectable()
export class OperationsService {
  constructor(private readonly operations: OperationsRepository) {}

  async get(scope: Scope, id: string): Promise<Operation> {
    const operation = await this.operations.find(scope, id);
    if (!operation) throw notFound('operation', id);
    return operation;
  }

  /** Newest first. */
  async list(scope: Scope, limit: number): Promise<Operation[]> {
    return await this.operations.list(scope, limit);
  }

  async create<K extends OperationKind>(scope: Scope, kind: K, subject: string): Promise<Operation<K>> {
    return (await this.operations.insert(scope, kind, subject)) as Operation<K>;
  }

  /** Keeps the operation's row true while `work` runs; what `work` throws ends up in it, not in the caller. */
  async follow<K extends OperationKind>(
    scope: Scope,
    operation: Pick<Operation<K>, 'id' | 'kind'>,
    work: (report: (progress: Record<string, unknown>) => Promise<void>) => Promise<OperationResult<K>>,
  ): Promise<void> {
    // One span for the whole, which may take hours: what it does in it would be a trace without end.
    await span('operation', spanFacts(scope, operation.id), async (working) => {
      const isDone = await detached(() => this.run(scope, operation, work));
      if (!isDone) working.fail('failed');
    });
  }

  private async run<T>(
    scope: Scope,
    operation: Pick<Operation, 'id'>,
    work: (report: (progress: Record<string, unknown>) => Promise<void>) => Promise<T>,
  ): Promise<boolean> {
    let reportedAt = Number.NEGATIVE_INFINITY;
    // The last report usually comes too soon after the one before; the end of the work writes it.
    let progress: Record<string, unknown> | undefined;
    const report = async (latest: Record<string, unknown>): Promise<void> => {
      progress = latest;
      if (performance.now() - reportedAt < PROGRESS_INTERVAL_MS) return;
      reportedAt = performance.now();
      await this.update(scope, operation.id, 'running', { progress: latest });
    };
    try {
      await this.update(scope, operation.id, 'succeeded', { result: await work(report), progress });
      return true;
    } catch (error) {
      await this.update(scope, operation.id, 'failed', { error: describe(error), progress });
      return false;
    }
  }

  /** For what others may end, too: an operation that has ended stays as it is. */
  async updateRunning(scope: Scope, id: string, state: Operation['state'], change: OperationChange): Promise<void> {
    await this.operations.update(scope, id, state, change, 'running');
  }

  async update(scope: Scope, id: string, state: Operation['state'], change: OperationChange): Promise<void> {
    await this.operations.update(scope, id, state, change);
  }
}

/** A separate trace, linked to the request that started it. */
const spanFacts = (scope: Scope, id: string) => (): SpanFacts => ({
  parent: null,
  links: [activeTraceparent()],
  attributes: { 'zerodb.project': scope.projectId, 'zerodb.operation_id': id },
});

function describe(error: unknown): { code: string; message: string } {
  if (error instanceof ZeroDbError) return { code: error.code, message: error.message };
  return { code: 'internal', message: 'It failed unexpectedly; the log has the details.' };
}
