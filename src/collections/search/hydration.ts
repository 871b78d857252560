import { Injectable } from '@nestjs/common';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import { KEEP_SENT_MS } from '../../followers/dirty';
import { compileFilter } from '../../database/filter/filter-sql';
import { SqlParams } from '../../database/filter/sql-params';
import { bindVector, exactDistance } from '../adapters/pgvector/vector-sql';
import { recordsTable, type Collection } from '../collection';
import { METRIC_RULES } from '../metric';
import { namedColumn } from '../records/named-rows';
import { presentParts, type RecordRow } from '../records/record-rows';
import type { VectorHit, VectorQuery } from '../vector-store.port';
import { MAX_TAIL } from '../../orchestrator/vector-route';

/** What an engine claims: this record, at this version, is that near. */
export interface Claim {
  readonly id: string;
  readonly version: number;
  readonly score: number;
}

export interface Hydrated {
  /** Claims that Postgres confirms, in the engine's order. */
  readonly confirmed: readonly VectorHit[];
  /** Records of the tail that match, nearest first, at most `query.limit`. */
  readonly tail: readonly VectorHit[];
  /** How many records are in the tail: more than `MAX_TAIL` means that it was not looked through. */
  readonly tailSize: number;
  /** Whether the build that was asked still served afterwards: what is sent reaches serving builds alone. */
  readonly isServing: boolean;
  /** Whether it came so late that what was sent since the engine was asked may be forgotten already. */
  readonly isLate: boolean;
  /** Ids claimed wrongly without being in the tail: the copy differs from the record. */
  readonly wrong: readonly string[];
}

type Row = Partial<RecordRow> & {
  readonly source: 'hit' | 'tail' | 'dirty' | 'size' | 'serving';
  readonly id: string;
  readonly distance: number | null;
};

export interface Circumstances {
  /** The build that was asked. */
  readonly epoch: string;
  /** When that was, by `performance.now()`. */
  readonly askedAt: number;
  /** `false` saves sending the vector when no tail is expected. */
  readonly scoreTail: boolean;
}

/** A look-up takes a millisecond or two; what takes longer than this was kept waiting. */
const LEAST_MARGIN_MS = 50;
const MOST_MARGIN_MS = KEEP_SENT_MS / 2;
/** How fast what was learned of a busy time is forgotten, by look-up. */
const MARGIN_DECAY = 0.98;

/**
 * "Trust, but look it up": the present rows of what an engine claimed and of what it has not applied yet, in one round
 * trip. Entries that were sent since the search began count as not applied: the engine may have been asked before.
 *
 * How long ago that was is told to Postgres when a connection takes the statement, and counts from when it runs: one that
 * waits on its way would look back too short a time. So it is told a margin more, and when the way took longer than that,
 * the answer does not count.
 */
@Injectable()
export class Hydration {
  private marginMs = LEAST_MARGIN_MS;

  constructor(private readonly database: Database) {}

  /** What a look-up needs besides the query is told in `Circumstances`. */
  async lookUp(
    scope: Scope,
    collection: Collection,
    query: VectorQuery,
    claims: readonly Claim[],
    circumstances: Circumstances,
  ): Promise<Hydrated> {
    const { askedAt } = circumstances;
    const scoreTail = circumstances.scoreTail || query.exact;
    for (;;) {
      const params = new SqlParams();
      const since = new MillisecondsSince(askedAt, this.marginMs);
      const sql = lookUpSql(collection, query, claims, { ...circumstances, scoreTail, since }, params);
      // Without a tail to score, only ids vary: the plan is kept.
      const { rows } = scoreTail
        ? await this.database.query<Row>(scope, sql, params.values)
        : await this.database.queryByPlan<Row>(scope, sql, params.values);
      const answeredAt = performance.now();
      const tookMs = answeredAt - since.toldAt;
      this.adjustMargin(tookMs);
      const isLate = answeredAt - askedAt > KEEP_SENT_MS;
      if (!isLate && tookMs > since.marginMs) continue;
      const tailSize = rows.find((row) => row.source === 'size')?.version ?? 0;
      // The tail came unexpectedly: look up again, with the vector to score it by.
      if (tailSize > 0 && tailSize <= MAX_TAIL && !scoreTail) {
        return await this.lookUp(scope, collection, query, claims, { ...circumstances, scoreTail: true });
      }
      const isServing = rows.some((row) => row.source === 'serving');
      return { ...judge(collection, query, claims, rows), tailSize, isServing, isLate };
    }
  }

  /** The next ones may take twice as long as this one did. */
  private adjustMargin(tookMs: number): void {
    const wanted = Math.max(LEAST_MARGIN_MS, 2 * tookMs, MARGIN_DECAY * this.marginMs);
    this.marginMs = Math.min(MOST_MARGIN_MS, wanted);
  }
}

/** A parameter of a statement, with the value it has when the statement is sent. */
class MillisecondsSince {
  toldAt = 0;

  constructor(
    private readonly startedAt: number,
    readonly marginMs: number,
  ) {}

  /** Called by `pg`, once a connection takes the statement. */
  toPostgres(): string {
    this.toldAt = performance.now();
    return String(this.toldAt - this.startedAt + this.marginMs);
  }
}

function judge(
  collection: Collection,
  query: VectorQuery,
  claims: readonly Claim[],
  rows: readonly Row[],
): Pick<Hydrated, 'confirmed' | 'tail' | 'wrong'> {
  const { convert } = METRIC_RULES[collection.metric];
  const present = new Map<string, Row>();
  const dirty = new Set<string>();
  const tail: VectorHit[] = [];
  for (const row of rows) {
    if (row.source === 'hit') present.set(row.id, row);
    else if (row.source === 'dirty') dirty.add(row.id);
    else if (row.source === 'tail') tail.push(hitOf(row, convert(row.distance ?? 0)));
  }
  const settled = claims.filter(({ id }) => !dirty.has(id));
  const isRight = (claim: Claim): boolean => present.get(claim.id)?.version === claim.version;
  const confirmed = settled.filter(isRight).map((claim) => {
    const row = present.get(claim.id) as Row;
    return hitOf(row, query.exact && row.distance !== null ? convert(row.distance) : claim.score);
  });
  return { confirmed, tail, wrong: settled.filter((claim) => !isRight(claim)).map(({ id }) => id) };
}

const hitOf = (row: Row, score: number): VectorHit => ({
  id: row.id,
  score,
  version: row.version ?? 0,
  ...presentParts(row),
});

/** Rows of four kinds with the same columns; which kind stands in `source`. */
function lookUpSql(
  collection: Collection,
  query: VectorQuery,
  claims: readonly Claim[],
  { epoch, since, scoreTail }: Circumstances & { readonly since: MillisecondsSince },
  params: SqlParams,
): string {
  const table = recordsTable(collection);
  const ids = `${params.add(claims.map(({ id }) => id))}::text[]`;
  const vector = scoreTail ? bindVector(params, query.vector) : undefined;
  const hitDistance = vector !== undefined && query.exact ? exactDistance(collection, vector) : 'null::float8';
  const columns = columnsOf(query);
  const parts = [
    `select 'hit' as source, r.id, r.version, ${columns}, ${hitDistance} as distance from ${table} r
     where r.collection_id = ${collection.id} and r.id = any(${ids})`,
    `select 'dirty', t.id, null, ${NULL_COLUMNS}, null from tail t where t.id = any(${ids})`,
    `select 'size', '', count(*), ${NULL_COLUMNS}, null from tail`,
    `select 'serving', '', null, ${NULL_COLUMNS}, null from zerodb_copies c where c.follower = 'qdrant'
     and c.collection_id = ${collection.id} and c.epoch = ${params.add(epoch)} and c.state = 'serving'`,
  ];
  if (vector !== undefined) parts.push(tailSql(collection, query, vector, params));
  return `with tail as materialized (
      select d.id from zerodb_dirty d
      where d.follower = 'qdrant' and d.collection_id = ${collection.id}
        and (d.sent_at is null or d.sent_at > clock_timestamp() - ${params.add(since)}::float8 * interval '1 ms')
      limit ${MAX_TAIL + 1})
    ${parts.join('\nunion all\n')}`;
}

function tailSql(collection: Collection, query: VectorQuery, vector: string, params: SqlParams): string {
  const where = ['r.embedding is not null'];
  if (query.filter)
    where.push(compileFilter(query.filter, params, { alias: 'r', indexes: collection.settings.indexes }));
  if (query.excludeIds?.length) where.push(`r.id <> all(${params.add(query.excludeIds)}::text[])`);
  const distance = exactDistance(collection, vector);
  return `(select 'tail', r.id, r.version, ${columnsOf(query)}, ${distance} from tail t
      join ${recordsTable(collection)} r on r.collection_id = ${collection.id} and r.id = t.id
      where true${where.map((condition) => ` and ${condition}`).join('')}
      order by ${distance}, r.id limit ${params.add(query.limit)})`;
}

const NULL_COLUMNS = 'null::jsonb as metadata, null::text as text, null::text as vector, null::json as vectors';

const columnsOf = ({ include }: VectorQuery): string =>
  [
    include.metadata ? `r.metadata` : 'null::jsonb as metadata',
    include.text ? `r.text` : 'null::text as text',
    include.vector ? `r.embedding::text as vector` : 'null::text as vector',
    include.vectors ? namedColumn() : 'null::json as vectors',
  ].join(', ');
