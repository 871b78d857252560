import { createHash } from 'node:crypto';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { conflict, forbidden, invalidAt } from '../../common/errors';
import { apart } from '../../common/request-work';
import type { Caller, Role, Scope } from '../../common/scope';
import { Database } from '../../database/database.port';

/** A finished answer, as it was sent. */
export interface StoredAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  /** What is kept of the body, where it holds a secret that is shown once. */
  readonly keptBody?: string;
}

/** Each gets answered again what those before it were answered. */
const ROLES: readonly (Role | 'root')[] = ['read', 'write', 'admin', 'root'];

interface Row {
  role: Role | 'root';
  body_hash: Buffer;
  state: 'running' | 'done';
  status: number | null;
  headers: Record<string, string> | null;
  body: string | null;
}

const CLEAN_EVERY_MS = 10 * 60_000;
/** A request may run for 60 s; whoever claimed a key and has not finished after this has died. */
const ABANDONED = `interval '2 minutes'`;
const KEPT = `interval '24 hours'`;

/** Remembers answers by `Idempotency-Key`, per project and route, for 24 hours. */
@Injectable()
export class Idempotency implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;

  constructor(@Inject(Database) private readonly database: Database) {}

  async onApplicationBootstrap(): Promise<void> {
    // One process at a time has the embedded engine: what is still running there was cut off with the process before.
    if (this.database.engine === 'embedded') {
      await this.database.system.query(`delete from zerodb_idempotency where state = 'running'`);
    }
    this.timer = setInterval(() => void this.clean().catch(() => undefined), CLEAN_EVERY_MS);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /**
   * Runs `work` unless this key was answered before; then that answer, with `replayed`. Throws `conflict` while the first
   * request is running, `invalid` when the key came with another body, and `forbidden` when it came from a higher role.
   */
  async once(
    { scope, role, isRoot }: Caller,
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
    const before = await apart(() => this.claim(entry));
    if (before) return { answer: before, replayed: true };
    return { answer: await this.settle(entry, work), replayed: false };
  }

  private async settle(entry: Entry, work: () => Promise<StoredAnswer>): Promise<StoredAnswer> {
    try {
      const answer = await work();
      await apart(() => (answer.status < 500 ? this.keep(entry, answer) : this.release(entry)));
      return answer;
    } catch (error) {
      await apart(() => this.release(entry));
      throw error;
    }
  }

  /** `undefined`: the key is ours now. */
  private async claim(entry: Entry): Promise<StoredAnswer | undefined> {
    const { scope, role, route, key, hash } = entry;
    const inserted = await this.database.query(
      scope,
      `insert into zerodb_idempotency (project_id, route, key, body_hash, state, role)
       values ($1, $2, $3, $4, 'running', $5)
       on conflict (project_id, route, key) do update
         set body_hash = excluded.body_hash, state = 'running', role = excluded.role, status = null, headers = null, body = null, created_at = now()
         where zerodb_idempotency.created_at < now() - ${KEPT}
            or (zerodb_idempotency.state = 'running' and zerodb_idempotency.body_hash = excluded.body_hash
                and zerodb_idempotency.created_at < now() - ${ABANDONED})
       returning key`,
      [scope.projectId, route, key, hash, role],
    );
    if (inserted.rowCount > 0) return undefined;
    return this.recall(entry);
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

  private async keep({ scope, route, key }: Entry, { status, headers, body, keptBody }: StoredAnswer): Promise<void> {
    await this.database.query(
      scope,
      `update zerodb_idempotency set state = 'done', status = $4, headers = $5::jsonb, body = $6
       where project_id = $1 and route = $2 and key = $3`,
      [scope.projectId, route, key, status, JSON.stringify(headers), keptBody ?? body],
    );
  }

  private async release({ scope, route, key }: Entry): Promise<void> {
    await this.database.query(
      scope,
      `delete from zerodb_idempotency where project_id = $1 and route = $2 and key = $3`,
      [scope.projectId, route, key],
    );
  }

  private async clean(): Promise<void> {
    await this.database.system.query(`delete from zerodb_idempotency where created_at < now() - ${KEPT}`);
  }
}

interface Entry {
  readonly scope: Scope;
  readonly role: Role | 'root';
  readonly route: string;
  readonly key: string;
  readonly hash: Buffer;
}
