import type { FilterNode } from '../../../common/filter';
import type { Scope } from '../../../common/scope';
import type { Database } from '../../../database/database.port';
import type { Collection } from '../../collection';
import { servingIndex } from '../../compression/compression-state';
import type { VectorQuery } from '../../vector-store.port';
import { candidatesFor } from './candidates';
import { FilterEstimates, type KnownFilter } from './filter-estimates';
import { MOST_LOOKED_AT, neededFor, planFilter, shareOf, type FilterPlan, type PlanFacts } from './filter-plan';
import type { FilteredRow, HitRow } from './search-sql';

/** The same as `VECTOR_SETTINGS` and the embedded engine's own have it. */
const USUAL_EF = { server: 100, embedded: 64 };
/** Fewer matches tell too little of how many candidates would have been enough. */
const FEW_MATCHES = 3;

/** How a filtered search was done, for `explain` and for advice. */
export interface FilterReport {
  readonly plan: FilterPlan;
  readonly known: KnownFilter;
  /** Candidates that the graph was asked for in all, where it was asked. */
  readonly looked: number;
  /** Whether the graph's candidates were too few, and every selected record was compared. */
  readonly fellBack: boolean;
}

/** Statements of one search. `undefined`: the index failed. */
export interface FilteredStatements {
  readonly byGraph: (candidates: number) => Promise<readonly FilteredRow[] | undefined>;
  readonly exactly: (byIndex: boolean) => Promise<readonly HitRow[]>;
}

export interface FilteredHits {
  readonly rows: readonly HitRow[];
  readonly report: FilterReport;
}

/** Chooses how a filtered search is done, and looks whether it was enough. */
export class FilteredSearch {
  private readonly estimates: FilterEstimates;

  constructor(private readonly database: Pick<Database, 'engine' | 'query'>) {
    this.estimates = new FilterEstimates(database);
  }

  async run(
    scope: Scope,
    collection: Collection,
    query: VectorQuery & { readonly filter: FilterNode },
    statements: FilteredStatements,
  ): Promise<FilteredHits> {
    const known = await this.estimates.of(scope, collection, query.filter);
    const facts = this.factsOf(collection, query, known);
    const plan = planFilter(known.estimate, facts);
    let looked = 0;
    for (let candidates: number | undefined = plan.candidates; candidates;) {
      looked += candidates;
      const found = await statements.byGraph(candidates);
      const judged: Judgement | undefined = found && judge(found, candidates, facts);
      if (judged?.isEnough) {
        this.estimates.learn(known, judged.needed / expected(plan, facts));
        return { rows: found?.filter(isHit) ?? [], report: { plan, known, looked, fellBack: false } };
      }
      if (found) this.estimates.learn(known, MISSED);
      candidates = candidates === plan.candidates ? wider(judged?.needed, candidates, plan) : undefined;
    }
    const isIndexCheaper = plan.costs.index !== undefined && plan.costs.index <= plan.costs.scan;
    const rows = await statements.exactly(isIndexCheaper);
    return { rows, report: { plan, known, looked, fellBack: looked > 0 } };
  }

  private factsOf({ settings }: Collection, { limit }: VectorQuery, { widening }: KnownFilter): PlanFacts {
    const { engine } = this.database;
    const { codes, ef = USUAL_EF[engine] } = servingIndex(settings);
    return { limit, codes, engine, widening, ef: Math.max(ef, codes.kind === 'bit' ? candidatesFor(codes, limit) : 0) };
  }
}

/** What a search that found too little counts as, in candidates it needed relative to those that were expected. */
const MISSED = 16;

const expected = ({ candidates }: FilterPlan, { widening }: PlanFacts): number => candidates / widening;

interface Judgement {
  readonly isEnough: boolean;
  /** Candidates that would have been enough; `undefined` when too few matched to say. */
  readonly needed: number;
}

/**
 * The graph finds the nearest few of its candidates surely, and the last of them less so. Where the last match is one of
 * those, a record that is nearer may have been left out.
 */
export function judge(rows: readonly FilteredRow[], candidates: number, { limit, codes }: PlanFacts): Judgement {
  const { looked = 0, matched = 0, reach = null } = rows[0] ?? {};
  if (matched < FEW_MATCHES || reach === null) return { isEnough: false, needed: Number.POSITIVE_INFINITY };
  const place = matched < limit ? (looked * limit) / matched : reach;
  const needed = neededFor(place, codes);
  return { isEnough: matched >= limit && looked >= Math.min(candidates, needed) && needed <= candidates, needed };
}

/** A second attempt, where it costs less than half of what comparing all would. */
function wider(needed: number | undefined, candidates: number, { costs }: FilterPlan): number | undefined {
  if (needed === undefined || needed > MOST_LOOKED_AT) return undefined;
  const next = Math.max(2 * candidates, Math.ceil(1.3 * needed));
  return next <= Math.min(costs.scan, costs.index ?? costs.scan) / 2 && next <= MOST_LOOKED_AT ? next : undefined;
}

const isHit = (row: FilteredRow): row is FilteredRow & HitRow => row.id !== null;

/** What `explain` says of a filter. */
export function explained({ plan, known, looked, fellBack }: FilterReport): Record<string, unknown> {
  const { estimate } = known;
  const share = shareOf(estimate);
  return {
    choice: plan.choice,
    reason: fellBack ? `${plan.reason} ${FELL_BACK}` : plan.reason,
    estimated_share: round(share),
    estimated_matches: Math.round(share * estimate.records),
    sampled: estimate.sampled,
    records: estimate.records,
    ...(estimate.handedOver === undefined
      ? {}
      : { index_share: round(estimate.handedOver / Math.max(1, estimate.sampled)) }),
    ...(looked > 0 ? { candidates: looked } : {}),
    fell_back: fellBack,
  };
}

const FELL_BACK = 'Too few of its candidates were selected, so all selected records were compared.';

const round = (value: number): number => Number(value.toPrecision(3));
