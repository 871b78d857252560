import { Injectable } from '@nestjs/common';
import type { Scope } from '../../../common/scope';
import { Database, type Executor } from '../../../database/database.port';
import { pageOfRows, pageSql, type ListPage, type PageRequest } from '../paging';
import { FILES_BUCKET, type OpenAiFile } from './openai-file';

const COLUMNS = 'o.id, o.filename, o.purpose, f.size as bytes, o.created_at, o.expires_at';
const TABLES = 'zerodb_openai_files o join zerodb_files f on f.bucket_id = o.bucket_id and f.key = o.key';
/** One whose time is over is gone, whether it was removed yet or not. */
export const NOT_EXPIRED = '(o.expires_at is null or o.expires_at > now())';

export interface NewFile {
  readonly id: string;
  readonly filename: string;
  readonly purpose: string;
  readonly expiresAfterSeconds: number | undefined;
}

/** What the dialect knows of files beyond what they are; the key of a file is its id. */
@Injectable()
export class OpenAiFilesRepository {
  constructor(private readonly database: Database) {}

  /** In the transaction that makes the file. */
  async insert(tx: Executor, scope: Scope, file: NewFile): Promise<void> {
    await tx.query(
      `insert into zerodb_openai_files (project_id, id, bucket_id, key, purpose, filename, expires_at)
       select $1, $2, b.id, $2, $3, $4, now() + make_interval(secs => $5::float8)
       from zerodb_buckets b where b.project_id = $1 and b.name = $6`,
      [scope.projectId, file.id, file.purpose, file.filename, file.expiresAfterSeconds ?? null, FILES_BUCKET],
    );
  }

  async find(scope: Scope, id: string): Promise<OpenAiFile | undefined> {
    return (await this.findMany(scope, [id]))[0];
  }

  async findMany(scope: Scope, ids: readonly string[]): Promise<OpenAiFile[]> {
    const sql = `select ${COLUMNS} from ${TABLES} where o.project_id = $1 and o.id = any($2::text[]) and ${NOT_EXPIRED}`;
    return (await this.database.query<OpenAiFile>(scope, sql, [scope.projectId, ids])).rows;
  }

  async list(
    scope: Scope,
    request: PageRequest & { readonly purpose?: string | undefined },
  ): Promise<ListPage<OpenAiFile>> {
    const page = pageSql('o.id', request, 3);
    const { rows } = await this.database.query<OpenAiFile>(
      scope,
      `select ${COLUMNS} from ${TABLES} where o.project_id = $1 and ($2::text is null or o.purpose = $2) and ${NOT_EXPIRED}
         and ${page.where} ${page.order}`,
      [scope.projectId, request.purpose ?? null, ...page.params],
    );
    return pageOfRows(rows, request);
  }

  /** Of all projects. */
  async expired(limit: number): Promise<{ readonly scope: Scope; readonly id: string }[]> {
    const { rows } = await this.database.system.query<{ id: string; project_id: number; project: string }>(
      `select o.id, o.project_id, p.name as project from zerodb_openai_files o join zerodb_projects p on p.id = o.project_id
       where o.expires_at <= now() order by o.expires_at limit $1`,
      [limit],
    );
    return rows.map(({ id, project_id, project }) => ({ id, scope: { projectId: project_id, projectName: project } }));
  }
}
