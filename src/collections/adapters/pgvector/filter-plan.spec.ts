import { judge } from './filtered-search';
import {
  costOfSearch,
  expectedSpeedup,
  neededFor,
  planFilter,
  type FilterEstimate,
  type PlanFacts,
} from './filter-plan';
import type { FilteredRow } from './search-sql';

const facts: PlanFacts = { limit: 10, codes: { kind: 'vector' }, ef: 100, engine: 'server', widening: 1 };

const estimate = (share: number, more: Partial<FilterEstimate> = {}): FilterEstimate => ({
  records: 50_000,
  sampled: 2_000,
  selected: Math.round(2_000 * share),
  handedOver: undefined,
  ...more,
});

describe('the choice for a filtered search', () => {
  const choose = (of: FilterEstimate, more: Partial<PlanFacts> = {}) => planFilter(of, { ...facts, ...more });

  it('asks the graph for the usual candidates when most records are selected', () => {
    expect(choose(estimate(0.9))).toMatchObject({ choice: 'graph', candidates: 100 });
  });

  it('asks the graph for more candidates the fewer are selected', () => {
    const [half, tenth] = [choose(estimate(0.5)), choose(estimate(0.12))];
    expect(tenth.choice).toBe('graph_with_filter');
    expect(tenth.candidates).toBeGreaterThan(2 * half.candidates);
  });

  it('compares what a metadata index hands over when that is little', () => {
    expect(choose(estimate(0.01, { handedOver: 20 })).choice).toBe('exact_over_index');
    expect(choose(estimate(0.5, { handedOver: 1_000 })).choice).toMatch(/^graph/);
  });

  it('tests every record rather than an index that hands over nearly all', () => {
    expect(choose(estimate(0.0005, { handedOver: 1_990 })).choice).toBe('exact_scan');
  });

  it.each([
    ['nothing was selected', estimate(0)],
    ['nothing was sampled', estimate(0, { sampled: 0, records: 0 })],
    ['the collection is small', estimate(0.5, { records: 1_000 })],
    ['more results are wanted than the graph gives', estimate(0.01, { records: 1_000_000_000 })],
  ])('compares exactly when %s', (why, of) => {
    expect(choose(of, { limit: why.startsWith('more') ? 1_000 : 10 })).toMatchObject({ candidates: 0 });
    expect(choose(of, { limit: why.startsWith('more') ? 1_000 : 10 }).choice).toBe('exact_scan');
  });

  it('asks for more where searches of the filter needed more lately', () => {
    expect(choose(estimate(0.3), { widening: 3 }).candidates).toBeGreaterThan(2 * choose(estimate(0.3)).candidates);
  });

  it('counts what bits need', () => {
    const codes = { kind: 'bit' as const, centre: [], candidates: { for10: 300, for100: 2_000 } };
    expect(neededFor(10, codes)).toBe(300);
    expect(neededFor(200, codes)).toBe(4_000);
  });

  it('never asks for more than the graph can give', () => {
    for (const share of [0.0005, 0.001, 0.01, 0.1, 0.5, 1]) {
      for (const records of [2_000, 100_000, 100_000_000]) {
        const { candidates } = choose(estimate(share, { records }), { limit: 100, widening: 4 });
        expect(candidates).toBeLessThanOrEqual(20_000);
      }
    }
  });
});

describe('the judgement of what the graph gave', () => {
  const rowsWith = (facts: { looked: number; matched: number; reach: number | null }): FilteredRow[] => [
    { ...facts, id: null },
  ];

  it('is enough when the last match stands well within the candidates', () => {
    expect(judge(rowsWith({ looked: 100, matched: 10, reach: 20 }), 100, facts).isEnough).toBe(true);
  });

  it.each([
    ['the last match is among the last candidates', { looked: 100, matched: 10, reach: 95 }],
    ['too few matched', { looked: 100, matched: 9, reach: 15 }],
    ['nothing matched', { looked: 100, matched: 0, reach: null }],
    ['the graph gave nothing', { looked: 0, matched: 0, reach: null }],
  ])('is not when %s', (_, found) => {
    expect(judge(rowsWith(found), 100, facts).isEnough).toBe(false);
  });

  it('is not without an answer', () => {
    expect(judge([], 100, facts).isEnough).toBe(false);
  });
});

describe('what an index would be worth', () => {
  /** A search as it was planned, and how much faster it would be by an index that hands over so many of the records. */
  const speedup = (of: FilterEstimate, indexShare: number, fellBack = false): number => {
    const plan = planFilter(of, facts);
    const cost = costOfSearch({ plan, looked: plan.candidates, fellBack }, 'server');
    return expectedSpeedup({ records: of.records, indexShare, cost }, 'server');
  };

  it('is much where every record was tested, and the index hands over few', () => {
    expect(speedup(estimate(0.001), 0.001)).toBeGreaterThan(10);
  });

  it('is nothing where the graph served with less than the index hands over', () => {
    for (const records of [50_000, 1_000_000]) {
      const half = estimate(0.5, { records });
      expect(planFilter(half, facts).choice).toMatch(/^graph/);
      expect(speedup(half, 0.5)).toBeLessThan(1);
      const tenth = estimate(0.1, { records });
      expect(speedup(tenth, 0.1)).toBeLessThan(2);
    }
  });

  it('counts what the graph did in vain', () => {
    expect(speedup(estimate(0.3), 0.001, true)).toBeGreaterThan(speedup(estimate(0.3), 0.001));
  });
});
