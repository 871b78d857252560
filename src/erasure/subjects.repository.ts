import { Injectable } from '@nestjs/common';
import type { Scope } from '../common/scope';
import { Database } from '../database/database.port';

/** A person with stored data. */
export interface Subject {
  readonly user_id: string;
  readonly last_recorded_at: Date;
}

export interface SubjectsRequest {
  readonly prefix: string;
  readonly limit: number;
  readonly after: string | undefined;
}

/** The next user behind another. The bound above lets the index end the search. */
const nextAfter = (user: string): string => `select r.user_id from zerodb_memory_records r
  where r.project_id = $1 and r.user_id > ${user} and r.user_id >= $2 and starts_with(r.user_id, $2)
    and ($2 = '' or r.user_id <= $2 || chr(1114111)) and r.deleted_at is null
  order by r.user_id limit 1`;

/** The users that memories are about: one look into the index a user, however many memories each has. */
@Injectable()
export class SubjectsRepository {
  constructor(private readonly database: Database) {}

  /** In the order of their ids. */
  async list(scope: Scope, { prefix, limit, after }: SubjectsRequest): Promise<Subject[]> {
    const { rows } = await this.database.query<Subject>(
      scope,
      `with recursive subject (user_id, n) as (
         (select first.user_id, 1 from (${nextAfter('$3')}) first)
         union all
         select next.user_id, s.n + 1 from subject s cross join lateral (${nextAfter('s.user_id')}) next where s.n < $4)
       select s.user_id, latest.recorded_at as last_recorded_at from subject s cross join lateral (
         select r.recorded_at from zerodb_memory_records r
         where r.project_id = $1 and r.user_id = s.user_id and r.deleted_at is null order by r.seq desc limit 1) latest
       order by s.n`,
      [scope.projectId, prefix, after ?? '', limit],
    );
    return rows;
  }
}
