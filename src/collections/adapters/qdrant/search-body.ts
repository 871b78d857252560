import type { VectorQuery } from '../../vector-store.port';
import { float32Json } from '../../../common/float32-json';
import { qdrantFault } from './errors';
import { compileFilter, type QdrantCondition } from './filter-qdrant';
import { pointIdOf } from './point-id';
import type { Schemas } from './qdrant-schemas';
import type { ScoreRule } from './score-rule';

export interface SearchTerms {
  readonly query: VectorQuery;
  readonly projectId: number;
  /** Of the payload. */
  readonly fields: readonly string[];
  readonly rule: ScoreRule;
  /** Of a copy that is searched by codes. */
  readonly quantization?: Schemas['QuantizationSearchParams'] | undefined;
}

/** Candidates that the graph is searched for; Qdrant's default of 100 falls short of a recall of 0.98 now and then. */
const MIN_EF = 128;

/** The body of `POST /points/query`, as JSON. Rejects what `compileFilter` cannot say. */
export function searchBody({ query, projectId, fields, rule, quantization }: SearchTerms, limit: number): string {
  const { scoreThreshold: bound, include } = query;
  const rest: Omit<Schemas['QueryRequest'], 'query'> = {
    limit,
    filter: filterOf(query, projectId),
    params: paramsOf(query, limit, quantization),
    with_payload: [...fields],
    with_vector: include.vector,
    ...(bound === undefined ? {} : { score_threshold: rule.relax(bound) }),
  };
  // The vector is most of it.
  return `{"query":[${float32Json(query.vector)}],${JSON.stringify(rest).slice(1)}`;
}

function paramsOf(
  { exact }: VectorQuery,
  limit: number,
  quantization: SearchTerms['quantization'],
): Schemas['SearchParams'] {
  if (exact) return { exact: true, ...(quantization ? { quantization: { ignore: true } } : {}) };
  const candidates = Math.ceil(limit * (quantization?.oversampling ?? 2));
  return { hnsw_ef: Math.max(MIN_EF, candidates), ...(quantization ? { quantization } : {}) };
}

function filterOf(query: VectorQuery, projectId: number): Schemas['Filter'] {
  const must: QdrantCondition[] = [{ key: 'project', match: { value: projectId } }];
  if (query.filter) must.push(mustCompile(query.filter));
  if (!query.excludeIds?.length) return { must };
  return { must, must_not: [{ has_id: query.excludeIds.map(pointIdOf) }] };
}

function mustCompile(filter: NonNullable<VectorQuery['filter']>): QdrantCondition {
  const condition = compileFilter(filter);
  if (condition) return condition;
  throw qdrantFault('not_admitted', 'The filter is too deep or too large for Qdrant.');
}
