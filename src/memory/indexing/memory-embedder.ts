import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Collection } from '../../collections/collection';
import { CollectionsRepository } from '../../collections/collections.repository';
import { ReembeddingTexts } from '../../collections/reembedding/reembedding-texts';
import { RecordsRepository } from '../../collections/records/records.repository';
import type { BackgroundLoop } from '../../common/background-loop';
import { BackgroundWork } from '../../common/background-work';
import { newId } from '../../common/ids';
import { messageOf } from '../../common/message-of';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import { EmbeddingProvider, type EmbeddingModel } from '../../embeddings/embedding-provider.port';
import { ROW_COLUMNS, type MemoryRow } from '../memory';
import { MEMORY_COLLECTION } from './memory-collection';
import { UsageMeter } from '../../usage/usage-meter';
import { recordMetadataOf } from './memory-record';

/** Texts in one claim: a short call for the model, a short wait for everybody else. */
const BATCH = 32;
const LEASE_SECONDS = 60;
const EMBED_TIMEOUT_MS = 30_000;
const BACKGROUND_PIECE = {
  name: 'memory_embedder',
  description: 'Embeds memories, so that they are found by meaning.',
  intervalMs: 1_000,
  role: 'worker',
} as const;
/** Seconds until a text is tried again: doubled each time, never given up. */
const MAX_BACKOFF_SECONDS = 60;
const POLL_MS = 15;
/** A long message must not drown the one that follows it. */
const MAX_PREVIOUS_CHARACTERS = 200;

type Claimed = MemoryRow & {
  readonly project_id: number;
  /** What was said before it in its session. */
  readonly previous: string | null;
};

/**
 * Makes memories findable by meaning. They are acknowledged and found by keyword before that: no add waits for a model.
 * Claims are leases, so any number of replicas share the work, and one that dies loses nothing.
 */
@Injectable()
export class MemoryEmbedder implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(MemoryEmbedder.name);
  private readonly loop: BackgroundLoop;

  constructor(
    private readonly database: Database,
    private readonly collections: CollectionsRepository,
    private readonly records: RecordsRepository,
    private readonly embeddings: EmbeddingProvider,
    private readonly texts: ReembeddingTexts,
    private readonly usage: UsageMeter,
    background: BackgroundWork,
  ) {
    this.loop = background.whileMore(BACKGROUND_PIECE, () => this.work());
  }

  onModuleInit(): void {
    this.texts.register(MEMORY_COLLECTION, (projectId, ids) => this.textsOf(projectId, ids));
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  /** The texts of these memories' vectors: an answer is embedded with what was said before it. */
  async textsOf(projectId: number, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const { rows } = await this.database.system.query<Pick<Claimed, 'id' | 'previous' | 'indexed_text'>>(
      `select r.id, r.indexed_text, ${PREVIOUS_SQL} as previous from zerodb_memory_records r
       where r.project_id = $1 and r.id = any($2::text[]) and r.indexed_text is not null`,
      [projectId, ids],
    );
    return new Map(rows.map((row) => [row.id, embeddedTextOf(row)]));
  }

  /** There is something to embed. */
  wake(): void {
    this.loop.wake();
  }

  /** Embeds one batch. Whether there may be more. */
  async work(): Promise<boolean> {
    const token = newId();
    const claimed = await this.claim(token);
    if (claimed.length === 0) return false;
    let hasFailed = false;
    for (const group of groupsOf(claimed)) {
      const scope: Scope = { projectId: group[0]?.project_id ?? 0, projectName: '' };
      // Looked up each time: it may have been switched to another model.
      const collection = await this.collections.find(scope, MEMORY_COLLECTION);
      hasFailed = !(await this.embedGroup(collection, group, token)) || hasFailed;
    }
    return claimed.length === BATCH && !hasFailed;
  }

  /**
   * Resolves once these memories have their vectors and every follower has them too; `false` when that takes longer than
   * `timeoutMs`.
   */
  async settled(scope: Scope, ids: readonly string[], timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    const until = performance.now() + timeoutMs;
    while (performance.now() < until && !signal?.aborted) {
      if (await this.isSettled(scope, ids)) return true;
      this.wake();
      await sleep(POLL_MS);
    }
    return await this.isSettled(scope, ids);
  }

  private async isSettled(scope: Scope, ids: readonly string[]): Promise<boolean> {
    const { rows } = await this.database.query<{ pending: boolean }>(
      scope,
      `select exists (select from zerodb_memory_records where project_id = $1 and id = any($2::text[]) and not embedded)
         or exists (select from zerodb_memory_records r join zerodb_dirty d
           on d.id = r.id and d.sent_at is null
           join zerodb_collections c on c.id = d.collection_id and c.project_id = r.project_id and c.name = '${MEMORY_COLLECTION}'
           where r.project_id = $1 and r.id = any($2::text[])) as pending`,
      [scope.projectId, ids],
    );
    return rows[0]?.pending === false;
  }

  private async claim(token: string): Promise<Claimed[]> {
    const { rows } = await this.database.system.query<Claimed>(
      `with due as (select project_id, id from zerodb_memory_records
         where not embedded and deleted_at is null and run_after <= now() and (lease_until is null or lease_until < now())
         order by run_after limit ${BATCH} for update skip locked)
       update zerodb_memory_records r set lease_token = $1, lease_until = now() + interval '${LEASE_SECONDS} seconds'
       from due where r.project_id = due.project_id and r.id = due.id
       returning r.project_id, ${ROW_COLUMNS}, ${PREVIOUS_SQL} as previous`,
      [token],
    );
    return rows;
  }

  private async embedGroup(
    collection: Collection | undefined,
    group: readonly Claimed[],
    token: string,
  ): Promise<boolean> {
    try {
      if (!collection?.model) throw new Error('The collection of memories is gone, or has no model.');
      this.usage.count(collection.projectId, 'embeddings', group.length);
      const vectors = await this.embed(collection.model, group);
      await this.store(collection, group, vectors, token);
      return true;
    } catch (error) {
      // One text that the model refuses must not hold the others up.
      if (group.length > 1 && isRefused(error)) {
        for (const one of group) await this.embedGroup(collection, [one], token);
        return true;
      }
      this.log.debug(`Memories wait for their vectors: ${messageOf(error)}`);
      this.loop.recordFault(error);
      await this.retryLater(group, token);
      return false;
    }
  }

  private async embed(model: EmbeddingModel, group: readonly Claimed[]): Promise<Float32Array[]> {
    const texts = group.map(embeddedTextOf);
    return await this.embeddings.embed(model, texts, AbortSignal.timeout(EMBED_TIMEOUT_MS));
  }

  /** One transaction: a memory that was changed, deleted or leased to somebody else meanwhile is left alone. */
  private async store(
    collection: Collection,
    group: readonly Claimed[],
    vectors: readonly Float32Array[],
    token: string,
  ): Promise<void> {
    const scope: Scope = { projectId: collection.projectId, projectName: '' };
    const vectorOf = new Map(group.map((row, index) => [row.id, { text: row.indexed_text, vector: vectors[index] }]));
    await this.database.transaction(scope, async (tx) => {
      const { rows } = await tx.query<MemoryRow>(
        `select ${ROW_COLUMNS} from zerodb_memory_records r where project_id = $1 and id = any($2::text[])
           and lease_token = $3 and not embedded and deleted_at is null order by id for update`,
        [scope.projectId, group.map(({ id }) => id), token],
      );
      const fresh = rows.filter((row) => vectorOf.get(row.id)?.text === row.indexed_text);
      await this.records.upsertIn(
        tx,
        collection,
        fresh.map((row) => ({
          id: row.id,
          vector: vectorOf.get(row.id)?.vector ?? [],
          vectors: [],
          embeddedFrom: 'text' as const,
          text: row.indexed_text,
          metadata: recordMetadataOf(row),
        })),
      );
      await tx.query(
        `update zerodb_memory_records set embedded = true, lease_token = null, lease_until = null, attempts = 0
         where project_id = $1 and id = any($2::text[])`,
        [scope.projectId, fresh.map(({ id }) => id)],
      );
      // What was changed meanwhile is free for the next claim at once.
      await tx.query(
        `update zerodb_memory_records set lease_token = null, lease_until = null
         where project_id = $1 and id = any($2::text[]) and lease_token = $3`,
        [scope.projectId, group.map(({ id }) => id), token],
      );
    });
  }

  private async retryLater(group: readonly Claimed[], token: string): Promise<void> {
    await this.database.system.query(
      `update zerodb_memory_records set lease_token = null, lease_until = null, attempts = attempts + 1,
         run_after = now() + least(${MAX_BACKOFF_SECONDS}, 0.5 * power(2, least(attempts, 10))) * interval '1 second'
       where id = any($1::text[]) and lease_token = $2`,
      [group.map(({ id }) => id), token],
    );
  }
}

/** The message before, of the same scope and session: an answer is understood by its question. */
const PREVIOUS_SQL = `case when r.kind = 'message' and r.session_id is not null then (
  select left(p.indexed_text, ${MAX_PREVIOUS_CHARACTERS}) from zerodb_memory_records p
  where p.project_id = r.project_id and p.session_id = r.session_id and p.owner = r.owner and p.seq < r.seq
    and p.kind = 'message' and p.indexed_text is not null order by p.seq desc limit 1) end`;

const embeddedTextOf = ({ previous, indexed_text: text }: Pick<Claimed, 'previous' | 'indexed_text'>): string =>
  previous === null ? (text ?? '') : `${previous}\n${text ?? ''}`;

const isRefused = (error: unknown): boolean =>
  error instanceof Error && 'status' in error && typeof error.status === 'number' && error.status < 500;

/** By project: each has its own collection and model. */
function groupsOf(rows: readonly Claimed[]): Claimed[][] {
  const groups = new Map<number, Claimed[]>();
  for (const row of rows) groups.set(row.project_id, [...(groups.get(row.project_id) ?? []), row]);
  return [...groups.values()];
}
