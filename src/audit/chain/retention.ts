import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { BackgroundLoop } from '../../common/background-loop';
import { BackgroundWork } from '../../common/background-work';
import { auditConfig, type AuditSettings } from '../../config';
import { Database, type Executor } from '../../database/database.port';
import { AuditKeys } from '../audit-keys';
import { chainOf } from '../log/audit.repository';

const PIECE = {
  name: 'audit_retention',
  description: 'Removes the oldest entries of the audit log, where ZERODB_AUDIT_RETENTION_DAYS limits them.',
  intervalMs: 60 * 60_000,
  role: 'worker',
} as const;
/** A short transaction each. */
const AT_ONCE = 2_000;

/** Chains with old entries, and those whose removal was cut off. */
const DUE = `select c.project_id as chain from zerodb_audit_chains c where exists (
    select from zerodb_audit_entries e where e.project_id = c.project_id and e.seq <= c.anchor_seq)
  or exists (select from zerodb_audit_entries e where e.project_id = c.project_id and e.seq = c.anchor_seq + 1
    and e.at < now() - $1 * interval '1 day')`;

/** The last entry before the first one that is young enough. */
const LAST_OLD = `select e.seq, encode(e.hash, 'hex') as hash from zerodb_audit_entries e
  where e.project_id = $1 and e.seq < coalesce(
    (select min(y.seq) from zerodb_audit_entries y where y.project_id = $1 and y.at >= now() - $2 * interval '1 day'),
    (select c.seq + 1 from zerodb_audit_chains c where c.project_id = $1))
  order by e.seq desc limit 1`;

const REMOVE = `delete from zerodb_audit_entries where project_id = $1 and seq in (
  select e.seq from zerodb_audit_entries e join zerodb_audit_chains c on c.project_id = e.project_id
  where e.project_id = $1 and e.seq <= c.anchor_seq order by e.seq limit ${AT_ONCE})`;

const REMOVE_CHECKPOINTS = `delete from zerodb_audit_checkpoints k using zerodb_audit_chains c
  where k.project_id = $1 and c.project_id = $1 and k.seq <= c.anchor_seq`;

/**
 * Removes from the beginning. The hash of the last removed entry is signed first, as the anchor that the rest hangs on: whoever
 * verifies sees that nothing else is missing. A removal that is cut off is finished by the next round.
 */
@Injectable()
export class AuditRetention implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: BackgroundLoop;

  constructor(
    private readonly database: Database,
    private readonly keys: AuditKeys,
    @Inject(auditConfig.KEY) private readonly settings: AuditSettings,
    background: BackgroundWork,
  ) {
    this.loop = background.every(PIECE, (signal) => this.work(signal));
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  async work(signal?: AbortSignal): Promise<void> {
    const { retentionDays } = this.settings;
    if (retentionDays === 0) return;
    const { rows } = await this.database.system.query<{ chain: number }>(DUE, [retentionDays]);
    for (const { chain } of rows) {
      if (signal?.aborted) return;
      await this.moveAnchor(chain, retentionDays);
      await this.remove(chain, signal);
    }
  }

  private async moveAnchor(chain: number, days: number): Promise<void> {
    const { sign } = await this.keys.get();
    await this.database.system.transaction(async (tx) => {
      const row = await chainOf(chain, tx, 'for update');
      const last = await lastOld(tx, chain, days);
      if (!row || !last || last.seq <= row.anchor.seq) return;
      const anchor = { kind: 'anchor', chain, ...last, at: new Date().toISOString() } as const;
      await tx.query(
        `update zerodb_audit_chains set anchor_seq = $2, anchor_hash = decode($3, 'hex'), anchor_at = $4,
           anchor_signature = decode($5, 'base64') where project_id = $1`,
        [chain, anchor.seq, anchor.hash, anchor.at, sign(anchor).toString('base64')],
      );
    });
  }

  private async remove(chain: number, signal: AbortSignal | undefined): Promise<void> {
    let removed = AT_ONCE;
    while (removed === AT_ONCE && !signal?.aborted) {
      removed = (await this.database.system.query(REMOVE, [chain])).rowCount;
    }
    await this.database.system.query(REMOVE_CHECKPOINTS, [chain]);
  }
}

const lastOld = async (
  tx: Executor,
  chain: number,
  days: number,
): Promise<{ seq: number; hash: string } | undefined> => {
  const { rows } = await tx.query<{ seq: number; hash: string }>(LAST_OLD, [chain, days]);
  return rows[0];
};
