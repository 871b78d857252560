import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { BackgroundLoop } from '../../common/background-loop';
import { BackgroundWork } from '../../common/background-work';
import { conflict } from '../../common/errors';
import { auditConfig, type AuditSettings } from '../../config';
import { Database } from '../../database/database.port';
import { AuditKeys, type SigningKeys } from '../audit-keys';
import { chainOf, statementIn, type StatementRow } from '../log/audit.repository';
import { isSignedBy, publicKeyOf, type SignedStatement } from './statement';

const PIECE = {
  name: 'audit_retention',
  description: 'Removes the oldest entries of the audit log, where ZERODB_AUDIT_RETENTION_DAYS limits them.',
  intervalMs: 60 * 60_000,
  role: 'worker',
} as const;
/** A short transaction each. */
const AT_ONCE = 2_000;

/** Chains with old checkpoints, and those whose removal was cut off. */
const DUE = `select c.project_id as chain from zerodb_audit_chains c where exists (
    select from zerodb_audit_entries e where e.project_id = c.project_id and e.seq <= c.anchor_seq)
  or exists (select from zerodb_audit_checkpoints k where k.project_id = c.project_id and k.seq > c.anchor_seq
    and k.at < now() - $1 * interval '1 day')`;

/** The last checkpoint that is old enough, and the hash of its entry. */
const LAST_OLD = `select k.project_id as chain, k.seq, encode(k.hash, 'hex') as hash, k.at,
    encode(k.signature, 'base64') as signature, (select encode(e.hash, 'hex') from zerodb_audit_entries e
      where e.project_id = k.project_id and e.seq = k.seq) as entry_hash
  from zerodb_audit_checkpoints k
  where k.project_id = $1 and k.seq > $2 and k.seq < ${Number.MAX_SAFE_INTEGER} and k.at < now() - $3 * interval '1 day'
  order by k.seq desc limit 1`;

const REMOVE = `delete from zerodb_audit_entries where project_id = $1 and seq in (
  select e.seq from zerodb_audit_entries e where e.project_id = $1 and e.seq <= $2 order by e.seq limit ${AT_ONCE})`;

const REMOVE_CHECKPOINTS = `delete from zerodb_audit_checkpoints where project_id = $1 and seq <= $2`;

/**
 * Removes from the beginning, up to a signed checkpoint that is old enough: the time in a signature is one that nobody changed. The
 * hash of the last removed entry is signed first, as the anchor that the rest hangs on: whoever verifies sees that nothing else is
 * missing. A removal that is cut off is finished by the next round. Where a signature is wrong, nothing is removed.
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
      await this.shorten(chain, retentionDays, signal).catch((error: unknown) => this.loop.recordFault(error));
    }
  }

  private async shorten(chain: number, days: number, signal: AbortSignal | undefined): Promise<void> {
    const keys = await this.keys.get();
    const before = await this.anchorOf(chain, keys);
    if (!before) return;
    const place = await this.lastOld(before, days, keys);
    if (place) await this.moveAnchor(place, keys);
    const anchor = place ? await this.anchorOf(chain, keys) : before;
    if (anchor) await this.remove(anchor, signal);
  }

  /** What was found is what was signed: nobody may make it remove entries by changing a row. */
  private async anchorOf(chain: number, keys: SigningKeys): Promise<SignedStatement | undefined> {
    const row = await chainOf(chain, this.database.system);
    if (row) mustBeSigned(row.anchor, keys);
    return row?.anchor;
  }

  /** Without a lock: a checkpoint that was signed stays as it is. */
  private async lastOld(
    { chain, seq }: SignedStatement,
    days: number,
    keys: SigningKeys,
  ): Promise<SignedStatement | undefined> {
    const { rows } = await this.database.system.query<OldRow>(LAST_OLD, [chain, seq, days]);
    const [row] = rows;
    if (!row) return undefined;
    const checkpoint = statementIn('checkpoint', row);
    mustBeSigned(checkpoint, keys);
    if (row.entry_hash === checkpoint.hash) return checkpoint;
    throw conflict(`Entry ${checkpoint.seq} of the audit log ${chain} is not the one of its checkpoint; ${KEPT}`);
  }

  private async moveAnchor({ chain, seq, hash }: SignedStatement, keys: SigningKeys): Promise<void> {
    await this.database.system.transaction(async (tx) => {
      const row = await chainOf(chain, tx, 'for update');
      // Another replica may have moved it further.
      if (!row || row.anchor.seq >= seq) return;
      const anchor = { kind: 'anchor', chain, seq, hash, at: new Date().toISOString() } as const;
      await tx.query(
        `update zerodb_audit_chains set anchor_seq = $2, anchor_hash = decode($3, 'hex'), anchor_at = $4,
           anchor_signature = decode($5, 'base64') where project_id = $1`,
        [chain, seq, hash, anchor.at, keys.sign(anchor).toString('base64')],
      );
    });
  }

  private async remove({ chain, seq }: SignedStatement, signal: AbortSignal | undefined): Promise<void> {
    let removed = AT_ONCE;
    while (removed === AT_ONCE && !signal?.aborted) {
      removed = (await this.database.system.query(REMOVE, [chain, seq])).rowCount;
    }
    await this.database.system.query(REMOVE_CHECKPOINTS, [chain, seq]);
  }
}

type OldRow = StatementRow & { readonly entry_hash: string | null };

const KEPT = 'nothing was removed. `zerodb audit verify` names what is wrong.';

const mustBeSigned = (statement: SignedStatement, { publicKey }: SigningKeys): void => {
  if (isSignedBy(publicKeyOf(publicKey), statement)) return;
  const { kind, chain, seq } = statement;
  throw conflict(`The ${kind} at entry ${seq} of the audit log ${chain} is not signed by the installation; ${KEPT}`);
};
