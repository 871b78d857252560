import { Injectable, type OnModuleInit } from '@nestjs/common';
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

  /** Asked after the record was erased. A change of before that is waiting holds it up; a later one is another version. */
  async erase(scope: Scope): Promise<ErasureStep> {
    const { rows } = await this.database.query<{ followers: number; waiting: number }>(
      scope,
      `select (select count(*) from zerodb_followers) as followers,
         (select count(*) from zerodb_dirty d where d.project_id = $1 and d.sent_at is null
            and not exists (select from zerodb_vectors v where v.collection_id = d.collection_id and v.id = d.id)) as waiting`,
      [scope.projectId],
    );
    const { followers = 0, waiting = 0 } = rows[0] ?? {};
    if (Number(followers) === 0) return { state: 'erased', detail: { followers: 0 } };
    return {
      state: Number(waiting) === 0 ? 'erased' : 'pending',
      detail: { followers: Number(followers), waiting: Number(waiting) },
    };
  }
}
