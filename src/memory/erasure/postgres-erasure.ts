import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CollectionsRepository } from '../../collections/collections.repository';
import { deletePostings } from '../../keyword/postings';
import { STANDBY_PREFIX } from '../../collections/reembedding/reembedding';
import { RecordsRepository } from '../../collections/records/records.repository';
import type { FilterNode } from '../../common/filter';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import { releaseReferences } from '../../database/graph-references';
import { MEMORY_COLLECTION } from '../indexing/memory-collection';
import { ErasureParticipants, type ErasureParticipant, type ErasureStep } from '../../erasure/erasure-participant';

/** Memories removed in one transaction. */
const SLICE = 500;

/** The record: memories with all that is known of them, and every record whose metadata names the person as `user_id`. */
@Injectable()
export class PostgresErasure implements ErasureParticipant, OnModuleInit {
  readonly name = 'postgres';

  constructor(
    private readonly database: Database,
    private readonly collections: CollectionsRepository,
    private readonly records: RecordsRepository,
    private readonly participants: ErasureParticipants,
  ) {}

  onModuleInit(): void {
    this.participants.register(this);
  }

  async erase(scope: Scope, userId: string, signal: AbortSignal): Promise<ErasureStep> {
    const memories = await this.eraseMemories(scope, userId, signal);
    const records = await this.eraseRecords(scope, userId, signal);
    await this.eraseTraces(scope, userId);
    const waiting = await this.waitingInTwins(scope);
    const removed = { memories, records };
    if (waiting > 0) return { state: 'pending', removed, detail: { waits_for_reembedding: waiting } };
    return { state: 'erased', removed, detail: {} };
  }

  private async eraseMemories(scope: Scope, userId: string, signal: AbortSignal): Promise<number> {
    const collection = await this.collections.find(scope, MEMORY_COLLECTION);
    let erased = 0;
    for (let found = SLICE; found === SLICE; erased += found) {
      signal.throwIfAborted();
      found = await this.database.transaction(scope, async (tx) => {
        const { rows } = await tx.query<{ id: string }>(
          `delete from zerodb_memory_records where (project_id, id) in (
             select project_id, id from zerodb_memory_records where project_id = $1 and user_id = $2
             order by id limit ${SLICE} for update) returning id`,
          [scope.projectId, userId],
        );
        const ids = rows.map(({ id }) => id);
        await releaseReferences(tx, scope.projectId, { kind: 'memory', ids });
        if (collection && ids.length > 0) {
          await this.records.deleteIn(tx, collection, { ids });
          await deletePostings(tx, collection, ids);
        }
        return ids.length;
      });
    }
    return erased;
  }

  private async eraseRecords(scope: Scope, userId: string, signal: AbortSignal): Promise<number> {
    const filter: FilterNode = { kind: 'in', path: { keys: ['user_id'] }, values: [userId] };
    let erased = 0;
    for (const collection of await this.collections.all()) {
      signal.throwIfAborted();
      if (collection.projectId !== scope.projectId || collection.name.startsWith(STANDBY_PREFIX)) continue;
      erased += await this.records.delete(scope, collection, { filter });
    }
    return erased;
  }

  /** A collection that is re-embedded has a twin, which follows it. */
  private async waitingInTwins(scope: Scope): Promise<number> {
    const sql = 'select count(*)::int as waiting from zerodb_reembedding_dirty where project_id = $1';
    const { rows } = await this.database.query<{ waiting: number }>(scope, sql, [scope.projectId]);
    return rows[0]?.waiting ?? 0;
  }

  /** What was recalled, sessions, and the kept answers of memory routes, which may quote anybody. */
  private async eraseTraces(scope: Scope, userId: string): Promise<void> {
    await this.database.transaction(scope, async (tx) => {
      await tx.query('delete from zerodb_memory_recalls where project_id = $1 and (user_id = $2 or user_id is null)', [
        scope.projectId,
        userId,
      ]);
      await tx.query('delete from zerodb_memory_sessions where project_id = $1 and user_id = $2', [
        scope.projectId,
        userId,
      ]);
      await tx.query(
        `delete from zerodb_idempotency where project_id = $1 and state = 'done'
           and (route like '%/v1/memories%' or route like '%/v1/sessions%' or body like '%' || $2 || '%')`,
        [scope.projectId, userId],
      );
    });
  }
}
