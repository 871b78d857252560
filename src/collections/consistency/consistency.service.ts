import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { conflict, unavailable } from '../../common/errors';
import type { Page } from '../../common/paging';
import type { Scope } from '../../common/scope';
import { isServiceFault } from '../../common/service-fault';
import type { Operation } from '../../operations/operation';
import { OperationsService } from '../../operations/operations.service';
import { sleep } from '../../common/sleep';
import type { TrackedCopy } from '../../followers/copy-store';
import type { Follower } from '../../followers/follower';
import { ServiceRegistry, type Lag } from '../../registry/service';
import type { Collection } from '../collection';
import { CollectionsService } from '../collections.service';
import { ConsistencyRepository, type CopyRow, type LagRow } from './consistency.repository';
import { QdrantFollower } from '../replica/qdrant-follower';

/** How equal a collection's copy is to the record. */
export interface CollectionConsistency {
  readonly collection: string;
  readonly records: number;
  readonly copied_records: number | null;
  readonly lag: Lag;
  readonly parked: number;
  readonly state: CopyRow['state'] | 'none';
  readonly build: { readonly copied: number; readonly total: number | null } | null;
  readonly last_proof: string | null;
  readonly differences: { readonly found: number; readonly repaired: number };
  readonly last_error: string | null;
}

/** What a comparison of one collection ended with. */
export interface Verdict {
  readonly collection: string;
  readonly records: number;
  readonly state: CopyRow['state'] | 'none';
  /** Records that differed, and those of them that still do. */
  readonly found: number;
  readonly open: number;
  readonly equal: boolean;
}

type CountedCollection = { readonly collection: Collection; readonly counts: { readonly records: number } };

const COUNT_TIMEOUT_MS = 1_000;
const PAGE = 1_000;
/** How long a comparison waits for a copy that is being made. */
const BUILD_MS = 600_000;
const BUILD_POLL_MS = 500;

/** Shows how equal the copies are, and compares them when asked to. */
@Injectable()
export class ConsistencyService implements BeforeApplicationShutdown {
  private readonly log = new Logger(ConsistencyService.name);
  private readonly stopping = new AbortController();

  constructor(
    private readonly followers: QdrantFollower,
    private readonly repository: ConsistencyRepository,
    private readonly collections: CollectionsService,
    private readonly operations: OperationsService,
    private readonly registry: ServiceRegistry,
  ) {}

  beforeApplicationShutdown(): void {
    this.stopping.abort(new Error('ZeroDB is stopping.'));
  }

  get follower(): Follower | undefined {
    return this.followers.follower;
  }

  get state(): string {
    return this.registry.gate('qdrant').state;
  }

  async page(scope: Scope, limit: number, after?: string): Promise<Page<CollectionConsistency>> {
    const page = await this.collections.list(scope, limit, after);
    return { ...page, data: await this.shown(scope, page.data) };
  }

  /** For one collection, as a page with one item. */
  async one(scope: Scope, name: string): Promise<Page<CollectionConsistency>> {
    const data = await this.shown(scope, [await this.collections.get(scope, name)]);
    return { data, has_more: false, next_cursor: null };
  }

  private async shown(scope: Scope, listed: readonly CountedCollection[]): Promise<CollectionConsistency[]> {
    const found = listed.map(({ collection }) => collection);
    const copies = await this.repository.copies(scope, found);
    const lags = new Map((await this.repository.lags(scope, found)).map((row) => [row.collection_id, row]));
    const shown = listed.map(async ({ collection, counts }) => {
      const own = copies.filter(({ collection_id }) => collection_id === collection.id);
      const serving = own.find(({ state }) => state === 'serving');
      const copied = serving ? await this.countCopied(collection, serving.epoch) : null;
      return present(collection, counts.records, own, lags.get(collection.id), copied);
    });
    return await Promise.all(shown);
  }

  /** Compares the collections as a whole, in the background. Throws `conflict` when nothing follows the record. */
  async verify(scope: Scope, names?: readonly string[]): Promise<Operation> {
    const { follower } = this;
    if (!follower) throw conflict('No copy is configured; set ZERODB_QDRANT_URL to attach Qdrant.');
    const collections = await this.named(scope, names);
    const operation = await this.operations.create(scope, 'verify', names?.length === 1 ? String(names[0]) : 'all');
    const work = this.operations.follow(scope, operation, (report) =>
      this.compare(follower, scope, collections, report),
    );
    work.catch((error: unknown) => this.log.warn(`The outcome of a comparison was not stored: ${String(error)}`));
    return operation;
  }

  private async named(scope: Scope, names?: readonly string[]): Promise<Collection[]> {
    const found: Collection[] = [];
    for (const name of new Set(names ?? [])) found.push((await this.collections.get(scope, name)).collection);
    for (let after: string | undefined; names === undefined;) {
      const page = await this.collections.list(scope, PAGE, after);
      found.push(...page.data.map(({ collection }) => collection));
      if (page.next_cursor === null) break;
      after = page.next_cursor;
    }
    return found;
  }

  private async compare(
    follower: Follower,
    scope: Scope,
    collections: readonly Collection[],
    report: (progress: Record<string, unknown>) => Promise<void>,
  ): Promise<{ equal: boolean; collections: Verdict[] }> {
    const verdicts: Verdict[] = [];
    const totals = await Promise.all(collections.map(({ id }) => follower.records.count({ collectionId: id })));
    const total = totals.reduce((sum, count) => sum + count, 0);
    let done = 0;
    for (const [index, collection] of collections.entries()) {
      const records = totals[index] ?? 0;
      const tell = (compared: number): Promise<void> =>
        report({ done: done + Math.min(compared, records), total, unit: 'records', collection: collection.name });
      verdicts.push(await this.judge(follower, scope, collection, records, tell));
      done += records;
    }
    return { equal: verdicts.every(({ equal }) => equal), collections: verdicts };
  }

  private async judge(
    follower: Follower,
    scope: Scope,
    collection: Collection,
    records: number,
    report: (compared: number) => Promise<void>,
  ): Promise<Verdict> {
    const copy = await this.servingCopy(follower, scope, collection);
    const about = { collection: collection.name, records };
    if (!copy) return { ...about, state: 'none', found: 0, open: 0, equal: false };
    const { found, open } = await this.prove(() => follower.compareAndRepair(copy, this.stopping.signal, report));
    const now = await follower.copies.find(copy);
    const state = now?.state === 'serving' ? 'serving' : 'none';
    return { ...about, state, found, open, equal: state === 'serving' && open === 0 };
  }

  /** One that is being made is waited for: it is compared before it serves. */
  private async servingCopy(
    follower: Follower,
    scope: Scope,
    collection: Collection,
  ): Promise<TrackedCopy | undefined> {
    const { signal } = this.stopping;
    for (const until = performance.now() + BUILD_MS; performance.now() < until && !signal.aborted;) {
      const copies = await this.repository.copies(scope, [collection]);
      const serving = copies.find(({ state }) => state === 'serving');
      if (serving) return await follower.copies.find({ collectionId: collection.id, epoch: serving.epoch });
      if (!this.registry.gate('qdrant').admits('write')) throw unavailable('Qdrant');
      await sleep(BUILD_POLL_MS, signal);
    }
    return undefined;
  }

  /** An unavailable service is not our fault: the operation reports it. */
  private async prove<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw isServiceFault(error) ? unavailable('Qdrant', error) : error;
    }
  }

  private async countCopied(collection: Collection, epoch: string): Promise<number | null> {
    const gate = this.registry.gate('qdrant');
    const copy = { ...collection, collectionId: collection.id, epoch, indexes: collection.settings.indexes };
    const target = this.followers.target;
    if (!target || !gate.admits('read')) return null;
    return await gate
      .run('read', (signal) => target.count(copy, signal), { timeoutMs: COUNT_TIMEOUT_MS, slowMs: COUNT_TIMEOUT_MS })
      .catch(() => null);
  }
}

const NO_LAG = { records: 0, seconds: 0, parked: 0 };

function present(
  collection: Collection,
  records: number,
  copies: readonly CopyRow[],
  lagRow: LagRow | undefined,
  copied: number | null,
): CollectionConsistency {
  const serving = copies.find(({ state }) => state === 'serving');
  const build = copies.find(({ state }) => state !== 'serving');
  const { records: behind, seconds, parked } = lagRow ?? NO_LAG;
  const sum = (field: 'found' | 'repaired'): number => copies.reduce((all, copy) => all + copy[field], 0);
  return {
    collection: collection.name,
    records,
    copied_records: copied,
    lag: { records: behind, seconds: Math.round(seconds * 1000) / 1000 },
    parked,
    state: (serving ?? build)?.state ?? 'none',
    build: build ? { copied: build.copied, total: build.total } : null,
    last_proof: serving?.proved_at?.toISOString() ?? null,
    differences: { found: sum('found'), repaired: sum('repaired') },
    last_error: (build ?? serving)?.last_error ?? null,
  };
}
