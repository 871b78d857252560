import { createHash } from 'node:crypto';
import { ExpiringCache } from '../../../common/expiring-cache';
import type { FilterNode } from '../../../common/filter';
import type { Scope } from '../../../common/scope';
import type { Database } from '../../../database/database.port';
import { compileFilter } from '../../../database/filter/filter-sql';
import { indexedCondition } from '../../../database/filter/metadata-index';
import { SqlParams } from '../../../database/filter/sql-params';
import { recordsTable, type Collection } from '../../collection';
import type { FilterEstimate } from './filter-plan';
import { FilterShapes, shapeOf } from './filter-shapes';

const FRESH_MS = 60_000;
/** An old estimate serves while a new one is made: what it gets wrong costs time, never results. */
const KEPT_MS = 600_000;
const MOST_ESTIMATES = 5_000;
/** Records of a sample, about. One in a hundred is told apart from one in seventy or in two hundred. */
const SAMPLE_ROWS = 2_000;
/** Records that were written together are alike and share their pages: few pages would tell little. */
const LEAST_PAGES = 32;
const MOST_PAGES = 256;
/** While nothing is known of a table. */
const ROWS_PER_PAGE = 8;
/** How much of the last search goes into what is expected of the next: too little found costs more than too much looked at. */
const LEARNED = { more: 0.5, less: 0.1 };
const MOST_WIDENING = 16;

/** A filter of one collection as searches know it. */
export interface KnownFilter {
  readonly estimate: FilterEstimate;
  /** How many times more candidates than expected its searches needed lately: its records may be far from what is searched. */
  widening: number;
  /** Whether the estimate is that of other filters of its shape: asked again, it gets its own. */
  readonly isAssumed: boolean;
}

type Made = Pick<KnownFilter, 'estimate' | 'isAssumed'>;

interface SampleRow {
  sampled: number;
  selected: number;
  handed_over: number | null;
  percent: number;
}

/**
 * How many records a filter selects, by a sample of the table's pages, or as other filters of its shape do. Kept for a minute
 * for each project, collection and filter; values of filters are not kept, only a hash of them.
 */
export class FilterEstimates {
  private readonly known = new ExpiringCache<KnownFilter>(MOST_ESTIMATES, FRESH_MS, KEPT_MS);
  private readonly running = new Map<string, Promise<KnownFilter>>();
  private readonly shapes = new FilterShapes();

  constructor(private readonly database: Pick<Database, 'query'>) {}

  async of(scope: Scope, collection: Collection, filter: FilterNode): Promise<KnownFilter> {
    const key = keyOf(scope, collection, filter);
    const fresh = this.known.get(key);
    if (fresh && !fresh.isAssumed) return fresh;
    const running = this.running.get(key);
    const kept = this.known.kept(key);
    if (kept) {
      if (!running) this.refresh(key, () => this.sampled(scope, collection, filter)).catch(() => undefined);
      return kept;
    }
    // Another request's sample ends with that request.
    const shared = await running?.catch(() => undefined);
    return shared ?? (await this.refresh(key, () => this.estimate(scope, collection, filter)));
  }

  /** `times`: how many times as many candidates a search of the filter would have needed as were expected. */
  learn(known: KnownFilter, times: number): void {
    const weight = times > known.widening ? LEARNED.more : LEARNED.less;
    const next = known.widening * (1 - weight) + Math.min(MOST_WIDENING, times) * weight;
    known.widening = Math.max(1, next);
  }

  private refresh(key: string, make: () => Promise<Made>): Promise<KnownFilter> {
    const work = make().then((made) => {
      // Half of what was learned is forgotten each time: records and queries change.
      const known = { ...made, widening: Math.sqrt(this.known.kept(key)?.widening ?? 1) };
      this.known.set(key, known);
      return known;
    });
    this.running.set(key, work);
    const done = (): void => void this.running.delete(key);
    work.then(done, done);
    return work;
  }

  private async estimate(scope: Scope, collection: Collection, filter: FilterNode): Promise<Made> {
    const expected = this.shapes.expected(shapeKeyOf(scope, collection, filter));
    return expected ? { estimate: expected, isAssumed: true } : await this.sampled(scope, collection, filter);
  }

  private async sampled(scope: Scope, collection: Collection, filter: FilterNode): Promise<Made> {
    const estimate = await this.sample(scope, collection, filter);
    this.shapes.add(shapeKeyOf(scope, collection, filter), estimate);
    return { estimate, isAssumed: false };
  }

  private async sample(scope: Scope, collection: Collection, filter: FilterNode): Promise<FilterEstimate> {
    const params = new SqlParams();
    const sql = sampleSql(collection, filter, params);
    const { rows } = await this.database.query<SampleRow>(scope, sql, params.values);
    const { sampled = 0, selected = 0, handed_over = null, percent = 100 } = rows[0] ?? {};
    return {
      records: Math.round((sampled * 100) / Math.max(percent, Number.EPSILON)),
      sampled,
      selected,
      handedOver: handed_over ?? undefined,
    };
  }
}

function keyOf({ projectId }: Scope, { id, settings }: Collection, filter: FilterNode): string {
  const text = JSON.stringify([filter, settings.indexes], (_key, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  );
  return `${projectId}:${id}:${digestOf(text)}`;
}

const shapeKeyOf = ({ projectId }: Scope, { id, settings }: Collection, filter: FilterNode): string =>
  `${projectId}:${id}:${digestOf(`${JSON.stringify(settings.indexes)} ${shapeOf(filter)}`)}`;

/** Bounded, however long the list of indexes or of values is. */
const digestOf = (text: string): string => createHash('sha1').update(text).digest('base64');

/** Pages are taken as a whole: single rows would cost a scan of all of them. */
const percentSql = (table: string): string =>
  `(select least(100, 100.0 * least(${MOST_PAGES}, greatest(${LEAST_PAGES},
       ${SAMPLE_ROWS} / case when c.reltuples > 0 and c.relpages > 0 then c.reltuples / c.relpages else ${ROWS_PER_PAGE} end))
     / greatest(1, pg_relation_size(c.oid) / current_setting('block_size')::int))
   from pg_class c where c.oid = '${table}'::regclass)`;

function sampleSql(collection: Collection, filter: FilterNode, params: SqlParams): string {
  const table = recordsTable(collection);
  const selects = compileFilter(filter, params, { alias: 'r' });
  const handsOver = indexedCondition(filter, collection.settings.indexes, 'r.metadata', params);
  return `select count(*)::int as sampled, count(*) filter (where s.selects)::int as selected,
      ${handsOver === undefined ? 'null' : usable('count(*) filter (where s.hands_over)::int')} as handed_over,
      ${percentSql(table)}::float8 as percent
    from (select ${selects} as selects${handsOver === undefined ? '' : `, ${handsOver} as hands_over`}
      from ${table} r tablesample system (${percentSql(table)})) s`;
}

/** Below row-level security an index serves only by leakproof functions, which a login without the right could not make. */
const usable = (count: string): string =>
  `case when (select bool_and(p.proleakproof) from pg_proc p where p.proname = 'zerodb_index_string') then ${count} end`;
