import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './support/forward-only';

// Services that an operator took out. All replicas go by it, and a restart does not bring one back.
const DRAINS = `create table zerodb_service_drains (
  service text primary key,
  reason text not null,
  drained_at timestamptz not null default now())`;

/** The registry: what an operator decided about services. What the judges decided is theirs alone. */
export class Registry1700000000003 extends ForwardOnly {
  readonly name = 'Registry1700000000003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(DRAINS);
  }
}
