import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { BackgroundLoop } from '../common/background-loop';
import { BackgroundWork } from '../common/background-work';
import type { Scope } from '../common/scope';
import { Database } from '../database/database.port';
import { OperationsService, type Operation } from '../operations/operations.service';
import { addedUp, ErasureParticipants, type ErasureStep } from './erasure-participant';

const PIECE = {
  name: 'subject_eraser',
  description: 'Erases persons from every store, until each has confirmed it.',
  intervalMs: 1_000,
  role: 'worker',
} as const;
const LEASE_SECONDS = 120;
/** One round of one erasure. */
const ROUND_MS = 60_000;
const MAX_BACKOFF_SECONDS = 30;

type Steps = Record<string, ErasureStep & { readonly at: string }>;

interface ErasureRow {
  readonly operation_id: string;
  readonly project_id: number;
  readonly user_id: string;
  readonly steps: Steps;
  readonly created_at: Date;
}

/** What was erased, where. Claimed complete only when every part has confirmed it. */
export interface Receipt {
  readonly user_id: string;
  readonly complete: boolean;
  readonly requested_at: string;
  readonly completed_at: string | null;
  readonly services: Steps;
  readonly pending: readonly string[];
}

/** Removes a person everywhere, however long a part of it takes: what is pending is asked again until it confirms. */
@Injectable()
export class ErasureService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(ErasureService.name);
  private readonly loop: BackgroundLoop;

  constructor(
    private readonly database: Database,
    private readonly operations: OperationsService,
    private readonly participants: ErasureParticipants,
    background: BackgroundWork,
  ) {
    this.loop = background.whileMore(PIECE, () => this.work());
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  /** Answers at once; the operation's result is the receipt. */
  async erase(scope: Scope, userId: string): Promise<Operation> {
    // The person's name is not kept by the operation, which outlives the erasure.
    const operation = await this.operations.create(scope, 'erasure', 'subject');
    await this.database.query(
      scope,
      `insert into zerodb_erasures (operation_id, project_id, user_id, state) values ($1, $2, $3, 'pending')`,
      [operation.id, scope.projectId, userId],
    );
    this.loop.wake();
    return operation;
  }

  /** Works on one erasure. Whether another one may be due. */
  async work(): Promise<boolean> {
    const row = await this.claim();
    if (!row) return false;
    const scope: Scope = { projectId: row.project_id, projectName: '' };
    const steps: Steps = { ...row.steps };
    for (const { name, erase } of this.inOrder()) {
      if (steps[name]?.state !== 'erased') {
        steps[name] = await this.step(name, erase, scope, row.user_id, steps[name]?.detail);
      }
      // A follower can only confirm what the record has let go.
      if (name === 'postgres' && steps[name].state !== 'erased') break;
    }
    await this.settle(scope, row, steps);
    return true;
  }

  private inOrder(): {
    name: string;
    erase: (scope: Scope, userId: string, signal: AbortSignal) => Promise<ErasureStep>;
  }[] {
    const rank = (name: string): number => (name === 'followers' ? 2 : name === 'postgres' ? 1 : 0);
    return [...this.participants.all()]
      .sort((a, b) => rank(a.name) - rank(b.name))
      .map((one) => ({ name: one.name, erase: (scope, userId, signal) => one.erase(scope, userId, signal) }));
  }

  private async step(
    name: string,
    erase: (scope: Scope, userId: string, signal: AbortSignal) => Promise<ErasureStep>,
    scope: Scope,
    userId: string,
    before: ErasureStep['detail'] | undefined,
  ): Promise<Steps[string]> {
    const at = new Date().toISOString();
    try {
      const step = await erase(scope, userId, AbortSignal.timeout(ROUND_MS));
      return { state: step.state, detail: addedUp(before, step), at };
    } catch (error) {
      this.log.warn(`The erasure waits for ${name}: ${error instanceof Error ? error.message : 'unknown'}`);
      this.loop.note(error);
      return { state: 'pending', detail: { ...before, waits_for: name }, at };
    }
  }

  private async settle(scope: Scope, row: ErasureRow, steps: Steps): Promise<void> {
    const pending = this.inOrder().flatMap(({ name }) => (steps[name]?.state === 'erased' ? [] : [name]));
    const receipt: Receipt = {
      user_id: row.user_id,
      complete: pending.length === 0,
      requested_at: row.created_at.toISOString(),
      completed_at: pending.length === 0 ? new Date().toISOString() : null,
      services: steps,
      pending,
    };
    await this.database.system.query(
      `update zerodb_erasures set steps = $2::jsonb, state = $3, attempts = attempts + 1, lease_until = null,
         run_after = now() + least(${MAX_BACKOFF_SECONDS}, 0.25 * power(2, least(attempts, 8))) * interval '1 second'
       where operation_id = $1`,
      [row.operation_id, JSON.stringify(steps), receipt.complete ? 'complete' : 'pending'],
    );
    if (receipt.complete) await this.operations.update(scope, row.operation_id, 'succeeded', { result: receipt });
    else await this.operations.update(scope, row.operation_id, 'running', { progress: { receipt } });
  }

  private async claim(): Promise<ErasureRow | undefined> {
    const { rows } = await this.database.system.query<ErasureRow>(
      `update zerodb_erasures set lease_until = now() + interval '${LEASE_SECONDS} seconds' where operation_id = (
         select operation_id from zerodb_erasures where state = 'pending' and run_after <= now()
           and (lease_until is null or lease_until < now()) order by run_after limit 1 for update skip locked)
       returning operation_id, project_id, user_id, steps, created_at`,
    );
    return rows[0];
  }
}
