import { Injectable } from '@nestjs/common';
import type { Role, Scope } from '../../common/scope';
import { Database } from '../../database/database.port';

export interface KeyRow {
  readonly id: string;
  readonly project_id: number;
  readonly project: string;
  readonly name: string;
  readonly role: Role;
  readonly hash: Buffer;
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
}

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
  constructor(private readonly database: Database) {}

  /** By id, across projects: the key is what tells the project. */
  async find(id: string): Promise<KeyRow | undefined> {
    const { rows } = await this.database.system.query<KeyRow>(
      `select ${COLUMNS} from zerodb_keys k join zerodb_projects p on p.id = k.project_id where k.id = $1`,
      [id],
    );
    return rows[0];
  }

  /** Of all projects. */
  async ids(): Promise<ReadonlySet<string>> {
    const { rows } = await this.database.system.query<{ id: string }>('select id from zerodb_keys');
    return new Set(rows.map(({ id }) => id));
  }

  async insert(scope: Scope, key: NewKeyRow): Promise<Date> {
    const { rows } = await this.database.query<{ created_at: Date }>(
      scope,
      `insert into zerodb_keys (id, project_id, name, role, hash, expires_at) values ($1, $2, $3, $4, $5, $6)
       returning created_at`,
      [key.id, scope.projectId, key.name, key.role, key.hash, key.expiresAt],
    );
    return rows[0]?.created_at ?? new Date();
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
    const { rowCount } = await this.database.query(
      scope,
      `update zerodb_keys set revoked_at = now() where project_id = $1 and id = $2 and revoked_at is null`,
      [scope.projectId, id],
    );
    return rowCount > 0;
  }
}
