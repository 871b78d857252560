import { Injectable } from '@nestjs/common';
import type { Scope } from '../common/scope';
import { Database } from '../database/database.port';
import type { ErasureStep } from './erasure-participant';

/** By the name of the participant. */
export type Steps = Record<string, ErasureStep & { readonly at: string }>;

export interface ErasureRow {
  readonly operation_id: string;
  readonly project_id: number;
  readonly user_id: string;
  readonly steps: Steps;
  readonly created_at: Date;
}

const LEASE_SECONDS = 120;
const MAX_BACKOFF_SECONDS = 30;

/** The table of erasures: a queue that any worker may process. */
@Injectable()
export class ErasuresRepository {
  constructor(private readonly database: Database) {}

  async insert(scope: Scope, operationId: string, userId: string): Promise<void> {
    await this.database.query(
      scope,
      `insert into zerodb_erasures (operation_id, project_id, user_id, state) values ($1, $2, $3, 'pending')`,
      [operationId, scope.projectId, userId],
    );
  }

  /** One that is due, if there is any; nobody else gets it while it is worked on. */
  async claim(): Promise<ErasureRow | undefined> {
    const { rows } = await this.database.system.query<ErasureRow>(
      `update zerodb_erasures set lease_until = now() + interval '${LEASE_SECONDS} seconds' where operation_id = (
         select operation_id from zerodb_erasures where state = 'pending' and run_after <= now()
           and (lease_until is null or lease_until < now()) order by run_after limit 1 for update skip locked)
       returning operation_id, project_id, user_id, steps, created_at`,
    );
    return rows[0];
  }

  /** Ends the claim. What is not complete is due again, later each time. */
  async releaseClaim(operationId: string, steps: Steps, isComplete: boolean): Promise<void> {
    await this.database.system.query(
      `update zerodb_erasures set steps = $2::jsonb, state = $3, attempts = attempts + 1, lease_until = null,
         run_after = now() + least(${MAX_BACKOFF_SECONDS}, 0.25 * power(2, least(attempts, 8))) * interval '1 second'
       where operation_id = $1`,
      [operationId, JSON.stringify(steps), isComplete ? 'complete' : 'pending'],
    );
  }
}
