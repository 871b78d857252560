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

const COLUMNS =
  'k.id, k.project_id, p.name as project, k.name, k.role, k.hash, k.created_at, k.expires_at, k.revoked_at';

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

  /** Returns when it was made. */
  async insert(scope: Scope, { id, name, role, hash, expiresAt }: NewKeyRow): Promise<Date> {
    const key = { id, project_id: scope.projectId, name, role, hash, expires_at: expiresAt };
    return (await insertRow(inScope(this.keys, scope), key)).created_at;
  }

  /** Oldest first, `limit` rows after a position. */
  async list(scope: Scope, limit: number, after: { createdAt: string; id: string } | undefined): Promise<KeyRow[]> {
    const { rows } = await this.database.query<KeyRow>(
      scope,
      `select k.id, k.project_id, k.name, k.role, k.hash, k.created_at, k.expires_at, k.revoked_at from zerodb_keys k
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

  /** Those of the keys that are valid, and those of the projects that exist, in one statement. */
  async stillValid(
    ids: readonly string[],
    projectIds: readonly number[],
  ): Promise<{ readonly keys: string[]; readonly projects: number[] }> {
    const { rows } = await this.database.system.query<{ keys: string[]; projects: number[] }>(
      `select array(select id from zerodb_keys where id = any ($1::text[]) and revoked_at is null
           and (expires_at is null or expires_at > now())) as keys,
         array(select id from zerodb_projects where id = any ($2::int[])) as projects`,
      [ids, projectIds],
    );
    return rows[0] ?? { keys: [], projects: [] };
  }
}
