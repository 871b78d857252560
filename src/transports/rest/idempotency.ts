import { createHash } from 'node:crypto';
import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { BackgroundLoop } from '../../common/background-loop';
import { BackgroundWork } from '../../common/background-work';
import { conflict, forbidden, invalidAt } from '../../common/errors';
import { outsideRequest, currentRequest, type Receipt } from '../../common/request-work';
import type { Caller, Role, Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import { problemHeaders, problemOf } from './problem';

/** A finished answer, as it was sent. */
export interface StoredAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** What is kept of the body, where it holds a secret that is shown once. */
  readonly keptBody?: string;
}

/** Each gets answered again what those before it were answered. */
const ROLES: readonly (Role | 'root')[] = ['audit', 'read', 'write', 'admin', 'root'];

interface Row {
  role: Role | 'root';
  body_hash: Buffer;
  state: 'running' | 'done';
  status: number | null;
  headers: Record<string, string> | null;
  body: string | null;
}

const BACKGROUND_PIECE = {
  name: 'idempotency_keys',
  description: 'Removes answers that were kept for an Idempotency-Key for 24 hours.',
  intervalMs: 10 * 60_000,
  role: 'any',
} as const;
/** A request may run for 60 s; whoever claimed a key and has not finished after this has died. */
const ABANDONED = `interval '2 minutes'`;
const RETENTION = `interval '24 hours'`;

/** Remembers answers by `Idempotency-Key`, per project and route, for 24 hours. */
@Injectable()
export class Idempotency implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly loop: BackgroundLoop;

  constructor(
    private readonly database: Database,
    background: BackgroundWork,
  ) {
    this.loop = background.every(BACKGROUND_PIECE, () => this.clean());
  }

  async onApplicationBootstrap(): Promise<void> {
    // One process at a time has the embedded engine: what is still running there was cut off with the process before.
    if (this.database.engine === 'embedded') {
      await this.database.system.query(`delete from zerodb_idempotency where state = 'running'`);
    }
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop.stop();
  }

  /**
   * Runs `work` unless this key was answered before; then that answer, with `replayed`. Throws `conflict` while the first
   * request is running, `invalid` when the key came with another body, and `forbidden` when it came from a higher role.
   */
  async once(
    { scope, role, isRoot, requestId }: Caller,
    route: string,
    key: string,
    body: Buffer,
    work: () => Promise<StoredAnswer>,
  ): Promise<{ answer: StoredAnswer; replayed: boolean }> {
    if (!/^[\x20-\x7e]{1,255}$/.test(key)) {
      throw invalidAt('header:idempotency-key', 'must be 1 to 255 printable ASCII characters');
    }
    const hash = createHash('sha256').update(body).digest();
    const entry: Entry = { scope, role: isRoot ? 'root' : role, route, key, hash };
    // A claim is made, kept or given back whatever becomes of the request, and is nothing that the request changed.
    const claimed = await outsideRequest(() => this.claim(entry));
    if (typeof claimed !== 'string') return { answer: claimed, replayed: true };
    const claim = { ...entry, claimedAt: claimed };
    currentRequest()?.leavesReceipt(receiptOf(claim, requestId));
    return { answer: await this.complete(claim, work), replayed: false };
  }

  private async complete(claim: Claim, work: () => Promise<StoredAnswer>): Promise<StoredAnswer> {
    let answer: StoredAnswer;
    try {
      answer = await work();
    } catch (error) {
      // While Postgres is down, the claim expires; the first error is the relevant one.
      await outsideRequest(() => this.release(claim)).catch(() => undefined);
      throw error;
    }
    // What was done is done, whether its answer can be kept or not: a repetition finds the receipt.
    await outsideRequest(() => this.storeAnswer(claim, answer)).catch(() => undefined);
    return answer;
  }

  /** When the key was claimed, as text to the microsecond: the key is ours now. Otherwise the answer that was given before. */
  private async claim(entry: Entry): Promise<StoredAnswer | string> {
    const { scope, role, route, key, hash } = entry;
    const inserted = await this.database.query<{ claimedAt: string }>(
      scope,
      `insert into zerodb_idempotency (project_id, route, key, body_hash, state, role)
       values ($1, $2, $3, $4, 'running', $5)
       on conflict (project_id, route, key) do update
         set body_hash = excluded.body_hash, state = 'running', role = excluded.role, status = null, headers = null, body = null, created_at = now()
         where zerodb_idempotency.created_at < now() - ${RETENTION}
            or (zerodb_idempotency.state = 'running' and zerodb_idempotency.body_hash = excluded.body_hash
                and zerodb_idempotency.created_at < now() - ${ABANDONED})
       returning created_at::text as "claimedAt"`,
      [scope.projectId, route, key, hash, role],
    );
    return inserted.rows[0]?.claimedAt ?? (await this.recall(entry));
  }

  private async recall({ scope, role, route, key, hash }: Entry): Promise<StoredAnswer> {
    const { rows } = await this.database.query<Row>(
      scope,
      `select role, body_hash, state, status, headers, body from zerodb_idempotency where project_id = $1 and route = $2 and key = $3`,
      [scope.projectId, route, key],
    );
    const row = rows[0];
    if (row && !Buffer.from(row.body_hash).equals(hash)) {
      throw invalidAt('header:idempotency-key', 'was used before with another body');
    }
    if (row && ROLES.indexOf(role) < ROLES.indexOf(row.role)) {
      throw forbidden('This Idempotency-Key was used by a caller with a higher role; choose another.');
    }
    if (row?.state !== 'done' || row.status === null) {
      throw conflict('A request with this Idempotency-Key is still running.', true);
    }
    return { status: row.status, headers: row.headers ?? {}, body: row.body };
  }

  private async storeAnswer(claim: Claim, { status, headers, body, keptBody }: StoredAnswer): Promise<void> {
    await this.database.query(
      claim.scope,
      `update zerodb_idempotency set state = 'done', status = $5, headers = $6::jsonb, body = $7 where ${CLAIMED}`,
      [...claimedBy(claim), status, JSON.stringify(headers), keptBody ?? body],
    );
  }

  /** Leaves a receipt alone. One that is about to be committed holds the row's lock: this waits, and sees how it ended. */
  private async release(claim: Claim): Promise<void> {
    await this.database.query(
      claim.scope,
      `delete from zerodb_idempotency where ${CLAIMED} and state = 'running'`,
      claimedBy(claim),
    );
  }

  private async clean(): Promise<void> {
    await this.database.system.query(`delete from zerodb_idempotency where created_at < now() - ${RETENTION}`);
  }
}

const CLAIMED = 'project_id = $1 and route = $2 and key = $3 and created_at = $4::timestamptz';

const claimedBy = ({ scope, route, key, claimedAt }: Claim): unknown[] => [scope.projectId, route, key, claimedAt];

const ANSWER_LOST =
  'The first request with this Idempotency-Key was applied, at least in part, but its answer was lost. Read what it ' +
  'should have changed; use another key for what is missing.';

/**
 * The answer to repetitions until the true one is kept. It is committed together with what the request does: a lost
 * connection, or the end of this process, cannot come between the two.
 */
const receiptOf = (claim: Claim, requestId: string): Receipt => {
  const error = conflict(ANSWER_LOST);
  const answer = [error.status, JSON.stringify(problemHeaders(error)), JSON.stringify(problemOf(error, requestId))];
  return {
    projectId: claim.scope.projectId,
    leave: async (query) => {
      const left = await query(
        `update zerodb_idempotency set state = 'done', status = $5, headers = $6::jsonb, body = $7
         where ${CLAIMED} and state = 'running'`,
        [...claimedBy(claim), ...answer],
      );
      if (left.rowCount === 0) await mustNotBeTakenOver(query, claim);
    },
  };
};

/** A request that was presumed dead but is alive must not be applied in addition to the current holder of its key. */
const mustNotBeTakenOver = async (query: Parameters<Receipt['leave']>[0], claim: Claim): Promise<void> => {
  const other = await query(
    `select from zerodb_idempotency where project_id = $1 and route = $2 and key = $3 and created_at <> $4::timestamptz`,
    claimedBy(claim),
  );
  if (other.rowCount > 0)
    throw conflict('Another request with this Idempotency-Key has taken over; send it again.', true);
};

interface Entry {
  readonly scope: Scope;
  readonly role: Role | 'root';
  readonly route: string;
  readonly key: string;
  readonly hash: Buffer;
}

interface Claim extends Entry {
  readonly claimedAt: string;
}
