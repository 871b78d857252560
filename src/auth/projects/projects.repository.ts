import { Injectable } from '@nestjs/common';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';

export interface ProjectRow {
  readonly id: number;
  readonly name: string;
  readonly uid: string;
  readonly created_at: Date;
}

/** The table of projects. It belongs to no project, so it is reached by the system's statements. */
@Injectable()
export class ProjectsRepository {
  constructor(private readonly database: Database) {}

  async find(name: string): Promise<Scope | undefined> {
    const { rows } = await this.database.system.query<ProjectRow>(
      `select id, name from zerodb_projects where name = $1`,
      [name],
    );
    return rows[0] && { projectId: rows[0].id, projectName: rows[0].name };
  }

  /** `undefined` when there is one of this name. */
  async insert(name: string): Promise<ProjectRow | undefined> {
    const { rows } = await this.database.system.query<ProjectRow>(
      `insert into zerodb_projects (name) values ($1) on conflict (name) do nothing returning id, name, uid, created_at`,
      [name],
    );
    return rows[0];
  }

  async list(limit: number, after: string | undefined): Promise<ProjectRow[]> {
    const { rows } = await this.database.system.query<ProjectRow>(
      `select id, name, uid, created_at from zerodb_projects where $2::text is null or name > $2 order by name limit $1`,
      [limit, after ?? null],
    );
    return rows;
  }

  /** What a project holds. */
  async counts(scope: Scope): Promise<{ collections: number; keys: number }> {
    const { rows } = await this.database.query<{ collections: number; keys: number }>(
      scope,
      `select (select count(*) from zerodb_collections where project_id = $1 and left(name, 1) <> '@') as collections,
              (select count(*) from zerodb_keys where project_id = $1 and revoked_at is null) as keys`,
      [scope.projectId],
    );
    return rows[0] ?? { collections: 0, keys: 0 };
  }
}
