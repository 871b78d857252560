import type { IndexCodes } from '../../compression/compression-state';
import { candidatesFor } from './candidates';

/** What a bounded sample of the records says of a filter. */
export interface FilterEstimate {
  /** About how many records the collection has. */
  readonly records: number;
  /** How many of them were looked at, and how many of these the filter selects. */
  readonly sampled: number;
  readonly selected: number;
  /** How many of the sampled the metadata indexes would hand over; `undefined`: they answer nothing of the filter. */
  readonly handedOver: number | undefined;
}

/**
 * `graph`: the usual candidates are enough; `graph_with_filter`: more of them, so that enough are selected;
 * `exact_over_index`: the records that metadata indexes hand over are compared; `exact_scan`: every record is tested.
 */
export type FilterChoice = 'graph' | 'graph_with_filter' | 'exact_over_index' | 'exact_scan';

export interface FilterPlan {
  readonly choice: FilterChoice;
  /** How many records the graph has to return; 0 where it is not used. */
  readonly candidates: number;
  readonly reason: string;
  /** Expected time of the choices, in the time of one candidate of the graph. For comparisons only. */
  readonly costs: FilterCosts;
}

export interface FilterCosts {
  readonly graph: number;
  readonly index: number | undefined;
  readonly scan: number;
}

export interface PlanFacts {
  readonly limit: number;
  readonly codes: IndexCodes;
  /** As many candidates an unfiltered search looks at. */
  readonly ef: number;
  readonly engine: 'server' | 'embedded';
  /** How many times more candidates than expected such searches needed lately; 1 at first. */
  readonly widening: number;
}

/** `hnsw.max_scan_tuples`: the graph returns no more. */
export const MOST_LOOKED_AT = 20_000;
/** A graph over fewer is not worth asking, and an index on metadata not worth having. */
export const FEW_RECORDS = 2_000;
/**
 * The place of the `limit`-th match among all records varies: for ten by a third. A plan that has to be made again costs more
 * than some candidates.
 */
const SPREAD = 1.4;

/**
 * In the time of one more candidate of the graph: where a search of the graph begins, a row that an index hands over, one that
 * a scan passes, and one that is compared there. As `bench/filtered.ts` measures them.
 */
const COSTS = {
  server: { start: 150, row: 0.2, scanned: 0.13, compared: 0.05 },
  embedded: { start: 150, row: 0.2, scanned: 0.13, compared: 0.05 },
};

/** How many candidates hold the `place` nearest records: of fewer, the last ones are not found surely. */
export function neededFor(place: number, codes: IndexCodes): number {
  const byGraph = Math.ceil(1.3 * place + 50);
  return codes.kind === 'bit' ? Math.max(byGraph, candidatesFor(codes, place)) : byGraph;
}

/** A plan takes more than it needs, so that it seldom has to be made again. */
const MARGIN = 1.4;

/** The cheapest way that still finds what an exact search finds. */
export function planFilter(estimate: FilterEstimate, facts: PlanFacts): FilterPlan {
  const wanted = candidatesWanted(estimate, facts);
  const costs = costsOf(estimate, facts, wanted);
  const exact = costs.index !== undefined && costs.index <= costs.scan ? 'exact_over_index' : 'exact_scan';
  const exactCost = Math.min(costs.scan, costs.index ?? costs.scan);
  const plan = (choice: FilterChoice, reason: string): FilterPlan => ({
    choice,
    candidates: choice.startsWith('graph') ? Math.max(facts.ef, wanted) : 0,
    reason,
    costs,
  });
  if (estimate.records < FEW_RECORDS) return plan(exact, REASONS.few);
  if (wanted > MOST_LOOKED_AT) return plan(exact, REASONS.tooMany);
  if (costs.graph >= exactCost) return plan(exact, exact === 'exact_scan' ? REASONS.scan : REASONS.index);
  return wanted <= facts.ef ? plan('graph', REASONS.usual) : plan('graph_with_filter', REASONS.more);
}

const REASONS = {
  few: 'The collection is small: comparing its records is fast.',
  tooMany: 'The graph would have to look at more records than it can.',
  scan: 'The filter selects so few that the graph would look at too many others.',
  index: 'The metadata index hands over so few that comparing them is fastest.',
  usual: 'The filter selects so many that the usual candidates hold enough of them.',
  more: 'The graph looks at more candidates, so that enough of them are selected.',
};

/** The share is taken a deviation lower than it seems. */
function candidatesWanted(estimate: FilterEstimate, { limit, codes, widening }: PlanFacts): number {
  const share = lowShareOf(estimate);
  return share === 0
    ? Number.POSITIVE_INFINITY
    : Math.ceil(MARGIN * neededFor(((limit * SPREAD) / share) * widening, codes));
}

export const shareOf = ({ sampled, selected }: FilterEstimate): number => (sampled === 0 ? 0 : selected / sampled);

function lowShareOf({ sampled, selected }: FilterEstimate): number {
  if (sampled === 0 || selected === 0) return 0;
  const share = selected / sampled;
  return Math.max(0.5 / sampled, share - Math.sqrt((share * (1 - share)) / sampled));
}

function costsOf(estimate: FilterEstimate, { engine, ef }: PlanFacts, wanted: number): FilterCosts {
  const { start, row, scanned, compared } = COSTS[engine];
  const { records, sampled, handedOver } = estimate;
  const index = handedOver === undefined || sampled === 0 ? undefined : ((handedOver + 0.5) / sampled) * records * row;
  const scan = records * (scanned + shareOf(estimate) * compared);
  return { graph: start + Math.max(ef, wanted), index, scan };
}

/** What a search was done by; the same unit as `FilterCosts`, with what every search costs. */
export function costOfSearch(
  { plan, looked, fellBack }: { readonly plan: FilterPlan; readonly looked: number; readonly fellBack: boolean },
  engine: PlanFacts['engine'],
): number {
  const { start } = COSTS[engine];
  const graph = looked > 0 ? start + looked : 0;
  const exact = Math.min(plan.costs.scan, plan.costs.index ?? plan.costs.scan);
  return looked > 0 && !fellBack ? graph : graph + start + exact;
}

/** How many times faster comparing what an index hands over is than searches that cost `cost`. */
export function expectedSpeedup(
  { records, indexShare, cost }: { readonly records: number; readonly indexShare: number; readonly cost: number },
  engine: PlanFacts['engine'],
): number {
  const { start, row } = COSTS[engine];
  return cost / (start + records * indexShare * row);
}
