import { Injectable, type OnModuleInit } from '@nestjs/common';
import { recordsTable } from '../../collections/collection';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import { ErasureParticipants, type ErasureParticipant, type ErasureStep } from '../../erasure/erasure-participant';

/** The engines that follow the record: gone there, too, once they have applied every change that was made until now. */
@Injectable()
export class FollowersErasure implements ErasureParticipant, OnModuleInit {
  readonly name = 'followers';

  constructor(
    private readonly database: Database,
    private readonly participants: ErasureParticipants,
  ) {}

  onModuleInit(): void {
    this.participants.register(this);
  }

  /** Asked after the record was erased. An earlier change that is waiting delays it; a later one is another version. */
  async erase(scope: Scope): Promise<ErasureStep> {
    const followers = await this.followers(scope);
    if (followers === 0) return { state: 'erased', detail: { followers } };
    const waiting = await this.waiting(scope);
    return { state: waiting === 0 ? 'erased' : 'pending', detail: { followers, waiting } };
  }

  private async followers(scope: Scope): Promise<number> {
    const sql = 'select count(*)::int as followers from zerodb_followers';
    return (await this.database.query<{ followers: number }>(scope, sql)).rows[0]?.followers ?? 0;
  }

  /** Removed records whose copies may still be there. One collection after another: see `waitingIn`. */
  private async waiting(scope: Scope): Promise<number> {
    const { rows } = await this.database.query<Marked>(
      scope,
      `select d.collection_id as id, count(*)::int as marked, c.id is not null as serves
       from zerodb_dirty d left join zerodb_collections c on c.id = d.collection_id
       where d.project_id = $1 and d.sent_at is null group by d.collection_id, c.id`,
      [scope.projectId],
    );
    let waiting = 0;
    // The records of a dropped collection are all removed.
    for (const { id, marked, serves } of rows) waiting += serves ? await this.waitingIn(scope, id) : marked;
    return waiting;
  }

  /** Asks the collection's own table: the parent's plan would lock the tables of every collection of every project. */
  private async waitingIn(scope: Scope, id: number): Promise<number> {
    const { rows } = await this.database.query<{ waiting: number }>(
      scope,
      `select count(*)::int as waiting from zerodb_dirty d
       where d.project_id = $1 and d.collection_id = $2 and d.sent_at is null
         and not exists (select from ${recordsTable({ id })} v where v.collection_id = $2 and v.id = d.id)`,
      [scope.projectId, id],
    );
    return rows[0]?.waiting ?? 0;
  }
}

/** What a collection has of changes that are not sent yet. */
interface Marked {
  readonly id: number;
  readonly marked: number;
  readonly serves: boolean;
}
