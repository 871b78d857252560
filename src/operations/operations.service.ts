import { Injectable } from '@nestjs/common';
import { notFound, ZeroDbError } from '../common/errors';
import { newId } from '../common/ids';
import type { Scope } from '../common/scope';
import { activeTraceparent, detached, span, type SpanFacts } from '../common/tracing';
import { Database } from '../database/database.port';

export type OperationState = 'pending' | 'running' | 'succeeded' | 'failed';

/** Long work that answers 202: what it is, how far it is, how it ended. */
export interface Operation {
  readonly id: string;
  readonly kind: string;
  /** What it works on, such as a collection's name. */
  readonly subject: string;
  readonly state: OperationState;
  /** `done` of `total` in `unit`; more fields as the kind needs. */
  readonly progress: Readonly<Record<string, unknown>>;
  readonly result: unknown;
  readonly error: unknown;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const COLUMNS = 'id, kind, subject, state, progress, result, error, created_at, updated_at';
/** Progress is written this often at most: it is for people. */
const PROGRESS_INTERVAL_MS = 500;

/** The store of long work, and the runner of what runs in this process. */
@Injectable()
export class OperationsService {
  constructor(private readonly database: Database) {}

  async get(scope: Scope, id: string): Promise<Operation> {
    const sql = `select ${COLUMNS} from zerodb_operations where project_id = $1 and id = $2`;
    const { rows } = await this.database.query<Operation>(scope, sql, [scope.projectId, id]);
    if (!rows[0]) throw notFound('operation', id);
    return rows[0];
  }

  /** Newest first. */
  async list(scope: Scope, limit: number): Promise<Operation[]> {
    const sql = `select ${COLUMNS} from zerodb_operations where project_id = $1 order by created_at desc, id desc limit $2`;
    return (await this.database.query<Operation>(scope, sql, [scope.projectId, limit])).rows;
  }

  async create(scope: Scope, kind: string, subject: string): Promise<Operation> {
    const sql = `insert into zerodb_operations (id, project_id, kind, subject, state) values ($1, $2, $3, $4, 'running')
      returning ${COLUMNS}`;
    const { rows } = await this.database.query<Operation>(scope, sql, [newId(), scope.projectId, kind, subject]);
    if (!rows[0]) throw new Error('The operation was not stored.');
    return rows[0];
  }

  /** Keeps the operation's row true while `work` runs; what `work` throws ends up in it, not in the caller. */
  async follow<T>(
    scope: Scope,
    operation: Pick<Operation, 'id'>,
    work: (report: (progress: Record<string, unknown>) => Promise<void>) => Promise<T>,
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

  async update(
    scope: Scope,
    id: string,
    state: OperationState,
    change: { progress?: unknown; result?: unknown; error?: unknown },
  ): Promise<void> {
    const json = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));
    await this.database.query(
      scope,
      `update zerodb_operations set state = $3, progress = coalesce($4::jsonb, progress), result = $5::jsonb,
         error = $6::jsonb, updated_at = now() where project_id = $1 and id = $2`,
      [scope.projectId, id, state, json(change.progress), json(change.result), json(change.error)],
    );
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
