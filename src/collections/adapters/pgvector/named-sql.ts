import type { FilterNode } from '../../../common/filter';
import { vectorValue } from '../../../common/binary-values';
import { arrayLiteral } from '../../../database/array-literal';
import { compileFilter } from '../../../database/filter/filter-sql';
import type { SqlParams } from '../../../database/filter/sql-params';
import { recordsTable, type Collection } from '../../collection';
import { METRIC_RULES, type Metric } from '../../metric';
import { metricOf, vectorText, type NamedVector, type VectorSpace } from '../../named-vectors';
import { recordColumns } from '../../records/record-rows';
import type { Include } from '../../vector-store.port';

export interface NamedQuery {
  readonly space: VectorSpace;
  /** Of the kind of the space. */
  readonly vector: NamedVector;
  readonly limit: number;
  readonly filter?: FilterNode | undefined;
  /** In the metric's own scale, inclusive. */
  readonly scoreThreshold?: number | undefined;
  readonly excludeIds?: readonly string[] | undefined;
  readonly include: Include;
}

/** All records that have the vector and are selected, compared exactly. `distance`: smaller is nearer for every metric. */
export const namedSearchSql = (collection: Collection, query: NamedQuery, params: SqlParams): string => {
  const table = recordsTable(collection);
  const { name } = query.vector;
  const source = `${table} r cross join lateral unnest(r.vectors) v`;
  const named = `v.name = ${params.add(name, 'text')}`;
  const { before, distance, where } = comparison(query, params, { source, named });
  const conditions = [named, ...where, ...narrowing(collection, query, params)];
  const limit = params.add(query.limit);
  return `with ${before}scanned as materialized (
      select r.id as key, ${distance} as distance from ${source} where ${conditions.join(' and ')}),
    nearest as materialized (
      select key, distance from scanned where ${isFound(query.space)}${threshold(query, params)}
      order by distance, key limit ${limit})
    select ${recordColumns(query.include)}, n.distance
    from nearest n join ${table} r on r.collection_id = ${collection.id} and r.id = n.key order by n.distance, n.key`;
};

/** The metric's own number of a distance. */
export const namedScore = (space: VectorSpace, distance: number): number => {
  if (space.kind === 'dense') return METRIC_RULES[space.metric].convert(distance);
  return METRIC_RULES[metricOf(space)].higherIsBetter ? 0 - distance : distance;
};

interface Comparison {
  /** Expressions that stand before the scan. */
  readonly before: string;
  readonly distance: string;
  readonly where: readonly string[];
}

interface Source {
  readonly source: string;
  readonly named: string;
}

function comparison({ space, vector }: NamedQuery, params: SqlParams, from: Source): Comparison {
  switch (vector.kind) {
    case 'dense': {
      const { operator } = METRIC_RULES[metricOf(space)];
      const bound = params.add(vectorValue(vector.values));
      return { before: '', distance: `(v.dense ${operator} ${bound}::vector)`, where: ['v.dense is not null'] };
    }
    case 'multi':
      return {
        before: '',
        distance: bestMatches(metricOf(space), vector.rows, params),
        where: ['v.multi is not null'],
      };
    case 'sparse':
      return sparseComparison(vector, params, { ...from, idf: space.kind === 'sparse' && space.idf });
  }
}

/** A sparse vector that has nothing to do with the query has the product 0. */
const isFound = ({ kind }: VectorSpace): string =>
  kind === 'sparse' ? 'distance is not null and distance <> 0' : 'distance is not null';

/** For each vector of the query the best of the record's, added up; euclidean distances by their squares. */
function bestMatches(metric: Metric, rows: readonly ArrayLike<number>[], params: SqlParams): string {
  const { operator } = METRIC_RULES[metric];
  // One parameter: a statement takes 65,535.
  const bound = params.add(arrayLiteral(rows.map(vectorText)), 'vector[]');
  const best = `min(d.vector ${operator} q.vector)`;
  const part = { cosine: `${best} - 1`, dot: best, manhattan: best, euclid: `power(${best}, 2)` }[metric];
  const whole = metric === 'euclid' ? 'sqrt(sum(b.part))' : 'sum(b.part)';
  return `(select ${whole} from (select ${part} as part from unnest(${bound}) with ordinality
      q(vector, place) cross join unnest(v.multi) d(vector) group by q.place) b)`;
}

/** Up to here the entries of a record are scanned first, which costs less than a join where most have none of them. */
const MOST_SCANNED = 64;

/** Null without a common entry. By a join: comparing each entry with each would take their product. */
function sparseComparison(
  { indices, values }: Extract<NamedVector, { kind: 'sparse' }>,
  params: SqlParams,
  { source, named, idf }: Source & { readonly idf: boolean },
): Comparison {
  const asked = params.add(indices, 'bigint[]');
  const weights = params.add(values, 'float8[]');
  const query = `asked as (select q.index, q.weight from unnest(${asked}, ${weights}) q(index, weight))`;
  // As in BM25; counted over all records of the collection that have the vector, whatever the filter selects.
  const weighed = `held as materialized (select v.indices from ${source} where ${named} and v.indices is not null),
    counted as (select e.index, count(*)::float8 as records from held h cross join lateral unnest(h.indices) e(index)
      where e.index = any(${asked}) group by e.index),
    weighed as materialized (select a.index, a.weight * ln((t.records - coalesce(c.records, 0) + 0.5)
        / (coalesce(c.records, 0) + 0.5) + 1) as weight
      from asked a cross join (select count(*)::float8 as records from held) t left join counted c on c.index = a.index), `;
  const sum = `(select 0 - sum(w.weight * e.weight::float8) from unnest(v.indices, v.weights) e(index, weight)
      join ${idf ? 'weighed' : 'asked'} w on w.index = e.index)`;
  return {
    before: `${query}, ${idf ? weighed : ''}`,
    distance: sum,
    where: [indices.length <= MOST_SCANNED ? `v.indices && ${asked}` : 'v.indices is not null'],
  };
}

function narrowing(collection: Collection, query: NamedQuery, params: SqlParams): string[] {
  const parts: string[] = [];
  if (query.filter) {
    parts.push(compileFilter(query.filter, params, { alias: 'r', indexes: collection.settings.indexes }));
  }
  if (query.excludeIds?.length) parts.push(`r.id <> all(${params.add(query.excludeIds)}::text[])`);
  return parts;
}

function threshold({ space, scoreThreshold }: NamedQuery, params: SqlParams): string {
  if (scoreThreshold === undefined) return '';
  const bound = METRIC_RULES[metricOf(space)].higherIsBetter ? namedScore(space, scoreThreshold) : scoreThreshold;
  // An inclusive bound must not lose the last bit of what was turned round.
  return ` and distance <= ${params.add(bound)}::float8 + 1e-12`;
}
