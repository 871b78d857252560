import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { BackgroundLoop } from '../../common/background-loop';
import { BackgroundWork } from '../../common/background-work';
import { ZeroDbError } from '../../common/errors';
import type { FilterNode } from '../../common/filter';
import { messageOf } from '../../common/message-of';
import { outsideRequest } from '../../common/request-work';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import { FilterEstimates } from '../adapters/pgvector/filter-estimates';
import { costOfSearch, FEW_RECORDS, shareOf } from '../adapters/pgvector/filter-plan';
import type { FilterReport } from '../adapters/pgvector/filtered-search';
import type { Collection } from '../collection';
import { filterFields, type FilterField } from './filter-fields';
import { SlowFiltersRepository } from './slow-filters.repository';

const PIECE = {
  name: 'slow_filters',
  description: 'Keeps which metadata fields were filtered slowly.',
  intervalMs: 5_000,
  role: 'any',
} as const;

/** Faster than this nobody waits for it. */
const SLOW_MS = 5;
/** Fields that are remembered between two rounds. More are left out until then. */
const MOST_NOTED = 1_000;
/** Fields whose index is estimated in a round: each costs a sample. */
const MOST_SAMPLED = 20;
/** So long a process that stops continues to keep what it noted. */
const LAST_MS = 1_000;

interface Noted {
  readonly scope: Scope;
  readonly collection: Collection;
  readonly field: FilterField;
  /** One of the filters, until the next round: to estimate what an index would have handed over. */
  readonly filter: FilterNode;
  readonly operators: Set<string>;
  searches: number;
  totalMs: number;
  worstMs: number;
  totalCost: number;
}

/**
 * Which fields were filtered slowly: noted in memory when a search is over, and added up in Postgres by each replica. Values
 * of filters stay in memory, and only until the next round.
 */
@Injectable()
export class SlowFilters implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(SlowFilters.name);
  private readonly loop: BackgroundLoop;
  private readonly estimates: FilterEstimates;
  private noted = new Map<string, Noted>();
  private flushing: Promise<void> = Promise.resolve();
  /** By `performance.now()`. */
  private endsAt = Number.POSITIVE_INFINITY;

  constructor(
    private readonly database: Database,
    private readonly repository: SlowFiltersRepository,
    background: BackgroundWork,
  ) {
    this.estimates = new FilterEstimates(database);
    this.loop = background.withPauses(PIECE, () => this.flush(), { firstMs: PIECE.intervalMs, keepsAlive: false });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  /** What was noted since the last round is kept, too, where Postgres answers. */
  async beforeApplicationShutdown(): Promise<void> {
    this.endsAt = performance.now() + LAST_MS;
    await this.loop.stop();
    await this.flush();
  }

  /** Costs next to nothing, and fails never. */
  note(scope: Scope, collection: Collection, filter: FilterNode, report: FilterReport, tookMs: number): void {
    if (tookMs < SLOW_MS || !isUnaided(report)) return;
    for (const field of filterFields(filter)) {
      const key = `${scope.projectId}:${collection.id}:${field.index.type}:${field.index.field}`;
      const noted = this.noted.get(key) ?? { ...NOTHING, scope, collection, field, filter, operators: new Set() };
      if (!this.noted.has(key) && this.noted.size >= MOST_NOTED) return;
      noted.operators.add(field.operator);
      noted.searches += 1;
      noted.totalMs += tookMs;
      noted.worstMs = Math.max(noted.worstMs, tookMs);
      noted.totalCost += costOfSearch(report, this.database.engine);
      this.noted.set(key, noted);
    }
  }

  /** One round after the other, and part of no request: it keeps what others noted. Public for whoever asks for advice, and for tests. */
  async flush(): Promise<void> {
    this.flushing = this.flushing.then(() => outsideRequest(() => this.write()));
    await this.flushing;
  }

  private async write(): Promise<void> {
    const noted = [...this.noted.values()].sort((a, b) => b.totalMs - a.totalMs).slice(0, MOST_SAMPLED);
    this.noted = new Map();
    for (const each of noted) {
      if (performance.now() > this.endsAt || !(await this.tryToKeep(each))) return;
    }
  }

  /** `false`: the database is unavailable, so the others are not tried. What was slow will be slow again. */
  private async tryToKeep(noted: Noted): Promise<boolean> {
    try {
      await this.keep(noted);
    } catch (error) {
      this.log.debug(`A slow filter was not kept: ${messageOf(error)}`);
      return !(error instanceof ZeroDbError && error.status === 503);
    }
    return true;
  }

  private async keep({ scope, collection, field, filter, operators, ...sums }: Noted): Promise<void> {
    if (hasIndex(collection, field)) return;
    const settings = { ...collection.settings, indexes: [field.index] };
    const { estimate } = await this.estimates.of(scope, { ...collection, settings }, filter);
    const { handedOver = estimate.sampled, sampled, records } = estimate;
    await this.repository.add(scope, collection, {
      ...field.index,
      operators: [...operators].sort(),
      ...sums,
      selectedShare: shareOf(estimate),
      indexShare: sampled === 0 ? 1 : handedOver / sampled,
      records,
    });
  }
}

const NOTHING = { searches: 0, totalMs: 0, worstMs: 0, totalCost: 0 };

/** An index that was used already is not the remedy; nor is one over few records, which are compared in no time. */
const isUnaided = ({ plan, known, fellBack }: FilterReport): boolean =>
  known.estimate.records >= FEW_RECORDS && (fellBack || plan.choice !== 'exact_over_index');

const hasIndex = ({ settings }: Collection, { index }: FilterField): boolean =>
  settings.indexes.some(({ field, type }) => field === index.field && type === index.type);
