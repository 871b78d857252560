import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { BackgroundLoop } from '../common/background-loop';
import { BackgroundWork } from '../common/background-work';
import { messageOf } from '../common/message-of';
import type { Scope } from '../common/scope';
import type { Operation } from '../operations/operation';
import type { OperationResult } from '../operations/operation.schemas';
import { OperationsService } from '../operations/operations.service';
import { addedUp, ErasureParticipants, type ErasureStep } from './erasure-participant';
import { ErasuresRepository, type ErasureRow, type Steps } from './erasures.repository';

const BACKGROUND_PIECE = {
  name: 'subject_eraser',
  description: 'Erases persons from every store, until each has confirmed it.',
  intervalMs: 1_000,
  role: 'worker',
} as const;
/** One round of one erasure. */
const ROUND_MS = 60_000;

/** What was erased, where. Claimed complete only when every part has confirmed it. */
export type Receipt = OperationResult<'erasure'>;

/** Removes a person everywhere, however long a part of it takes: what is pending is asked again until it confirms. */
@Injectable()
export class ErasureService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(ErasureService.name);
  private readonly loop: BackgroundLoop;

  constructor(
    private readonly repository: ErasuresRepository,
    private readonly operations: OperationsService,
    private readonly participants: ErasureParticipants,
    background: BackgroundWork,
  ) {
    this.loop = background.whileMore(BACKGROUND_PIECE, () => this.work());
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
    await this.repository.insert(scope, operation.id, userId);
    this.loop.wake();
    return operation;
  }

  /** Works on one erasure. Whether another one may be due. */
  async work(): Promise<boolean> {
    const row = await this.repository.claim();
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
      this.log.warn(`The erasure waits for ${name}: ${messageOf(error)}`);
      this.loop.recordFault(error);
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
    await this.repository.releaseClaim(row.operation_id, steps, receipt.complete);
    if (receipt.complete) await this.operations.update(scope, row.operation_id, 'succeeded', { result: receipt });
    else await this.operations.update(scope, row.operation_id, 'running', { progress: { receipt } });
  }
}
