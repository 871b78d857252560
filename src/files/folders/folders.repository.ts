import { Injectable } from '@nestjs/common';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import type { Bucket } from '../buckets/bucket';
import type { FileRow } from '../objects/file';
import { FILE_COLUMNS, FILE_TABLES, NOT_EXPIRED } from '../objects/files.repository';

/** One entry of a level: a file, or a folder (with the first of its files). */
export interface Entry extends FileRow {
  /** The folder's whole prefix, with the slash at its end. */
  readonly folder: string | null;
}

export interface LevelRequest {
  readonly prefix: string;
  readonly limit: number;
  /** The key of the next entry, see `following`. */
  readonly from: string | undefined;
  /** What ends the name of a folder. Default: "/". */
  readonly delimiter?: string | undefined;
}

const SLASH = '/';

/** The first key of the bucket that is not before `bound`. The bound above lets the index end the search. */
const firstFrom = (bound: string): string => `select f.key
  from zerodb_buckets k join zerodb_files f on f.bucket_id = k.id
  where k.project_id = $1 and k.id = $2 and ${NOT_EXPIRED} and starts_with(f.key, $3) and f.key >= ${bound}
    and ($3 = '' or f.key <= $3 || chr(1114111))
  order by f.key limit 1`;

const FOLDER = `case when strpos(substr(l.key, length($3) + 1), $6::text) = 0 then null
  else $3 || split_part(substr(l.key, length($3) + 1), $6::text, 1) || $6::text end`;

/** $7 is what comes after the delimiter's end; keys have no control characters, so that nothing is between a key and it with chr(1). */
const FOLLOWING = `coalesce(left(${FOLDER}, -1) || $7::text, l.key || chr(1))`;

/** Where a list continues after an entry. A folder is skipped as a whole, however many files it has. */
export const following = ({ folder, key }: Pick<Entry, 'folder' | 'key'>, delimiter = SLASH): string =>
  folder === null ? afterKey(key) : `${folder.slice(0, -lastOf(delimiter).length)}${nextOf(delimiter)}`;

/** Before every key that comes after this one. */
export const afterKey = (key: string): string => `${key}\u0001`;

const lastOf = (text: string): string => [...text].at(-1) ?? '';

const MAX_POINT = 0x10ffff;
const [FIRST_SURROGATE, AFTER_SURROGATES] = [0xd800, 0xe000];

/** The character after the last one of the delimiter: "0" after "/". Of the very last there is none. */
const nextOf = (delimiter: string): string => {
  const next = (lastOf(delimiter).codePointAt(0) ?? 0) + 1;
  return String.fromCodePoint(next === FIRST_SURROGATE ? AFTER_SURROGATES : Math.min(next, MAX_POINT));
};

/** The entries directly under a prefix, with one index lookup per entry. */
@Injectable()
export class FoldersRepository {
  constructor(private readonly database: Database) {}

  /** In the order of keys, `limit` entries at most. */
  async listLevel(
    scope: Scope,
    bucket: Bucket,
    { prefix, limit, from, delimiter = SLASH }: LevelRequest,
  ): Promise<Entry[]> {
    const { rows } = await this.database.query<Entry>(
      scope,
      `with recursive level (key, n) as (
         (select first.key, 1 from (${firstFrom('$4')}) first)
         union all
         select next.key, l.n + 1 from level l cross join lateral (${firstFrom(FOLLOWING)}) next where l.n < $5)
       select ${FOLDER} as folder, ${FILE_COLUMNS} ${FILE_TABLES} join level l on l.key = f.key
       where k.project_id = $1 and k.id = $2 order by l.n`,
      [scope.projectId, bucket.id, prefix, from ?? prefix, limit, delimiter, nextOf(delimiter)],
    );
    return rows;
  }
}
