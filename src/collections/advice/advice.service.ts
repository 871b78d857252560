import { Injectable } from '@nestjs/common';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import { expectedSpeedup } from '../adapters/pgvector/filter-plan';
import { MOST_INDEXES, type Collection, type MetadataIndexSettings } from '../collection';
import { CollectionsService } from '../collections.service';
import { MetadataIndexBuilder } from './metadata-index-builder';
import { SlowFilters } from './slow-filters';
import { SlowFiltersRepository, type StoredSlowFilter } from './slow-filters.repository';

/** What is to be done about a field: build an index, wait for it, or nothing, because an index would not help. */
export type AdviceAction = 'create_index' | 'building' | 'none';

export interface Advice {
  readonly seen: StoredSlowFilter;
  readonly meanMs: number;
  /** Of such a search with the index, as estimated; the same as now where it would not help. */
  readonly expectedMs: number;
  readonly action: AdviceAction;
  readonly reason: string;
}

/** An index that makes a search less than twice as fast is not worth what it costs at every write. */
const LEAST_SPEEDUP = 2;

/** Which indexes on metadata fields would have made slow searches faster. */
@Injectable()
export class AdviceService {
  constructor(
    private readonly collections: CollectionsService,
    private readonly slow: SlowFilters,
    private readonly repository: SlowFiltersRepository,
    private readonly builder: MetadataIndexBuilder,
    private readonly database: Database,
  ) {}

  /** What took the most time comes first. */
  async advise(scope: Scope, name: string): Promise<Advice[]> {
    const collection = await this.current(scope, name);
    await this.slow.flush();
    return await this.known(scope, collection);
  }

  /** Builds what is advised, in the background. The advice as it is then. */
  async apply(scope: Scope, name: string): Promise<Advice[]> {
    const collection = await this.current(scope, name);
    await this.slow.flush();
    for (const { action, seen } of await this.known(scope, collection)) {
      if (action === 'create_index') await this.repository.request(collection, seen);
    }
    this.builder.wake();
    return await this.known(scope, collection);
  }

  private async current(scope: Scope, name: string): Promise<Collection> {
    return (await this.collections.get(scope, name)).collection;
  }

  private async known(scope: Scope, collection: Collection): Promise<Advice[]> {
    const seen = await this.repository.list(scope, collection);
    return adviceOn(seen, collection.settings.indexes, this.database.engine);
  }
}

/** On each field without an index, in their order. Never more indexes than the collection may have. */
export function adviceOn(
  seen: readonly StoredSlowFilter[],
  indexes: readonly MetadataIndexSettings[],
  engine: Database['engine'],
): Advice[] {
  const open = seen.filter((one) => !indexes.some(({ field, type }) => field === one.field && type === one.type));
  let left = MOST_INDEXES - indexes.length - open.filter(({ operation }) => operation !== null).length;
  return open.map((one) => {
    const advice = adviceOnOne(one, left > 0, engine);
    if (advice.action === 'create_index') left -= 1;
    return advice;
  });
}

function adviceOnOne(seen: StoredSlowFilter, hasRoom: boolean, engine: Database['engine']): Advice {
  const searches = Math.max(1, seen.searches);
  const meanMs = seen.totalMs / searches;
  const speedup = expectedSpeedup({ ...seen, cost: seen.totalCost / searches }, engine);
  const advice = { seen, meanMs, expectedMs: speedup < LEAST_SPEEDUP ? meanMs : meanMs / speedup };
  if (seen.operation !== null) return { ...advice, action: 'building', reason: 'The index is being built.' };
  if (speedup < LEAST_SPEEDUP) return { ...advice, action: 'none', reason: wouldNotHelp(seen) };
  if (!hasRoom) return { ...advice, action: 'none', reason: FULL };
  return { ...advice, action: 'create_index', reason: wouldHelp(seen) };
}

const FULL = `The collection can have ${MOST_INDEXES} indexes, and no more.`;

const percent = (share: number): string => `${Number((share * 100).toPrecision(2))} %`;

const wouldHelp = ({ indexShare }: StoredSlowFilter): string =>
  `An index would hand over ${percent(indexShare)} of the records, and only these would be compared.`;

function wouldNotHelp({ indexShare, selectedShare }: StoredSlowFilter): string {
  const why = indexShare > 2 * selectedShare ? ' Records with an array in the field are always handed over.' : '';
  return `An index would hand over ${percent(indexShare)} of the records: comparing these would not be much faster.${why}`;
}
