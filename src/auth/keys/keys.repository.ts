import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, Repository } from 'typeorm';
import type { Role, Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import { inScope } from '../../database/entities/in-scope';
import { insertRow } from '../../database/entities/statements';
import { KeyEntity } from './key.entity';

/** With the name of its project. */
export type KeyRow = Readonly<KeyEntity> & { readonly project: string };

export interface NewKeyRow {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly hash: Buffer;
  readonly expiresAt: Date | null;
}

const OWN = `k.id, k.project_id, k.name, k.role, k.hash, k.created_at, k.expires_at, k.revoked_at, k.rotation, k.rotated_at,
  k.last_used_at, k.previous_hash, k.previous_expires_at, k.previous_last_used_at`;
const COLUMNS = `${OWN}, p.name as project`;

/** A secret and when it was shown. */
export interface KeyUse {
  readonly id: string;
  readonly rotation: number;
  readonly at: Date;
}

export interface Rotation {
  readonly hash: Buffer;
  readonly overlapSeconds: number;
  /** `undefined` leaves it as it is. */
  readonly expiresAt: Date | null | undefined;
}

/** The table of API keys. */
@Injectable()
export class KeysRepository {
  constructor(
    @InjectRepository(KeyEntity) private readonly keys: Repository<KeyEntity>,
    private readonly database: Database,
  ) {}

  /** By id, across projects: the key is what tells the project. By hand: requests with a new key wait for it. */
  async find(id: string): Promise<KeyRow | undefined> {
    const { rows } = await this.database.system.query<KeyRow>(
      `select ${COLUMNS} from zerodb_keys k join zerodb_projects p on p.id = k.project_id where k.id = $1`,
      [id],
    );
    return rows[0];
  }

  /** A key of this project. */
  async findIn(scope: Scope, id: string): Promise<KeyRow | undefined> {
    const row = await inScope(this.keys, scope).findOneBy({ project_id: scope.projectId, id });
    return row ? { ...row, project: scope.projectName } : undefined;
  }

  /** Of all projects. */
  async ids(): Promise<ReadonlySet<string>> {
    const { rows } = await this.database.system.query<{ id: string }>('select id from zerodb_keys');
    return new Set(rows.map(({ id }) => id));
  }

  async insert(scope: Scope, { id, name, role, hash, expiresAt }: NewKeyRow): Promise<KeyRow> {
    const key = { id, project_id: scope.projectId, name, role, hash, expires_at: expiresAt };
    return { ...(await insertRow(inScope(this.keys, scope), key)), project: scope.projectName };
  }

  /** Oldest first, `limit` rows after a position. */
  async list(scope: Scope, limit: number, after: { createdAt: string; id: string } | undefined): Promise<KeyRow[]> {
    const { rows } = await this.database.query<KeyRow>(
      scope,
      `select ${OWN} from zerodb_keys k
       where k.project_id = $1 and ($3::timestamptz is null or (date_trunc('milliseconds', k.created_at), k.id) > ($3::timestamptz, $4::text))
       order by date_trunc('milliseconds', k.created_at), k.id limit $2`,
      [scope.projectId, limit, after?.createdAt ?? null, after?.id ?? null],
    );
    return rows.map((row) => ({ ...row, project: scope.projectName }));
  }

  /** Whether there was such a key that was not revoked before. */
  async revoke(scope: Scope, id: string): Promise<boolean> {
    const valid = { project_id: scope.projectId, id, revoked_at: IsNull() };
    const { affected } = await inScope(this.keys, scope).update(valid, { revoked_at: () => 'now()' });
    return affected === 1;
  }

  /**
   * Replaces the secret; the one before lives on for the overlap, and no longer than it would have. `undefined` when there is
   * no such valid key, or the secret before is still alive and there is to be an overlap: at most two live.
   */
  async rotate(scope: Scope, id: string, { hash, overlapSeconds, expiresAt }: Rotation): Promise<KeyRow | undefined> {
    const { rows } = await this.database.query<KeyRow>(
      scope,
      `update zerodb_keys k set hash = $3, rotation = rotation + 1, rotated_at = now(), last_used_at = null,
         previous_hash = hash, previous_last_used_at = last_used_at,
         previous_expires_at = least(now() + make_interval(secs => $4::int), expires_at),
         expires_at = case when $5::boolean then $6::timestamptz else expires_at end
       where project_id = $1 and id = $2 and revoked_at is null and (expires_at is null or expires_at > now())
         and ($4::int = 0 or previous_expires_at is null or previous_expires_at <= now())
       returning ${OWN}`,
      [scope.projectId, id, hash, overlapSeconds, expiresAt !== undefined, expiresAt ?? null],
    );
    return rows[0] && { ...rows[0], project: scope.projectName };
  }

  /** Of all projects. A row that is being changed is left out: it is used again soon enough. */
  async used(uses: readonly KeyUse[]): Promise<void> {
    await this.database.system.query(
      `with uses as (
         select * from unnest($1::text[], $2::int[], $3::timestamptz[]) as u (id, rotation, at)),
       rows as (
         select id, rotation from zerodb_keys where id in (select id from uses) order by id for update skip locked),
       latest as (
         select r.id, max(u.at) filter (where u.rotation = r.rotation) as now,
           max(u.at) filter (where u.rotation = r.rotation - 1) as before
         from rows r join uses u using (id) group by r.id)
       update zerodb_keys k set last_used_at = greatest(k.last_used_at, latest.now),
         previous_last_used_at = greatest(k.previous_last_used_at, latest.before)
       from latest where k.id = latest.id`,
      [uses.map(({ id }) => id), uses.map(({ rotation }) => rotation), uses.map(({ at }) => at)],
    );
  }

  /** How many that are in use expire within seven days, of all projects. */
  async expiring(): Promise<number> {
    const { rows } = await this.database.system.query<{ count: number }>(
      `select (count(*) filter (where expires_at between now() and now() + interval '7 days'
           and last_used_at > now() - interval '7 days')
         + count(*) filter (where previous_expires_at between now() and now() + interval '7 days'
           and previous_last_used_at > now() - interval '7 days'))::int as count
       from zerodb_keys where revoked_at is null`,
      [],
    );
    return rows[0]?.count ?? 0;
  }

  /**
   * Those of the secrets (`id:rotation`) that are valid, and those of the projects that exist, in one statement.
   */
  async stillValid(
    secrets: readonly string[],
    projectIds: readonly number[],
  ): Promise<{ readonly keys: string[]; readonly projects: number[] }> {
    const { rows } = await this.database.system.query<{ keys: string[]; projects: number[] }>(
      `select array(select s.secret from unnest($1::text[]) as s (secret) join zerodb_keys k
             on k.id = split_part(s.secret, ':', 1)
           where k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
             and (split_part(s.secret, ':', 2)::int = k.rotation
               or split_part(s.secret, ':', 2)::int = k.rotation - 1 and k.previous_expires_at > now())) as keys,
         array(select id from zerodb_projects where id = any ($2::int[])) as projects`,
      [secrets, projectIds],
    );
    return rows[0] ?? { keys: [], projects: [] };
  }
}
