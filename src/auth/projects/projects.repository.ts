import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { MoreThan, Repository } from 'typeorm';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import { asSystem } from '../../database/entities/in-scope';
import { insertIfAbsent } from '../../database/entities/statements';
import { ProjectEntity } from './project.entity';

export type ProjectRow = Pick<ProjectEntity, 'id' | 'name' | 'uid' | 'created_at'>;

/** The table of projects. It belongs to no project, so it is reached by the system's statements. */
@Injectable()
export class ProjectsRepository {
  constructor(
    @InjectRepository(ProjectEntity) private readonly projects: Repository<ProjectEntity>,
    private readonly database: Database,
  ) {}

  /** How long Postgres has answered nobody; see `Database`. */
  get silentMs(): number {
    return this.database.silentMs;
  }

  /** By hand: each anonymous read of a public bucket asks this. */
  async find(name: string): Promise<Scope | undefined> {
    const { rows } = await this.database.system.query<ProjectRow>(
      `select id, name from zerodb_projects where name = $1`,
      [name],
    );
    return rows[0] && { projectId: rows[0].id, projectName: rows[0].name };
  }

  /** With the time since when the name is this project's. */
  async findKnown(name: string): Promise<{ scope: Scope; createdAt: Date } | undefined> {
    const { rows } = await this.database.system.query<ProjectRow>(
      `select id, name, created_at from zerodb_projects where name = $1`,
      [name],
    );
    const [row] = rows;
    return row && { scope: { projectId: row.id, projectName: row.name }, createdAt: row.created_at };
  }

  /** What its names on the broker are made of; `undefined` when it was deleted. */
  async identity(id: number): Promise<Pick<ProjectEntity, 'uid' | 'name' | 'broker_prefix'> | undefined> {
    const select = { id: true, uid: true, name: true, broker_prefix: true };
    return (await asSystem(this.projects).findOne({ select, where: { id } })) ?? undefined;
  }

  /** `undefined` when there is one of this name. */
  async insert(name: string): Promise<ProjectRow | undefined> {
    return await insertIfAbsent(asSystem(this.projects), { name });
  }

  async list(limit: number, after: string | undefined): Promise<ProjectRow[]> {
    return await asSystem(this.projects).find({
      where: after === undefined ? {} : { name: MoreThan(after) },
      order: { name: 'asc' },
      take: limit,
    });
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
