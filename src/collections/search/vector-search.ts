import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from 'pino';
import { DEFAULT_DEADLINE_MS, remainingMs } from '../../common/deadline';
import { conflict, unavailable, type ZeroDbError } from '../../common/errors';
import type { Scope } from '../../common/scope';
import { isAvailabilityFault, isServiceFault } from '../../common/service-fault';
import { sleep } from '../../common/sleep';
import { span } from '../../common/tracing';
import { firstGood, type Candidate } from '../../orchestrator/first-good';
import { Budget } from '../../orchestrator/hedge-budget';
import { hedgeDelayMs, isHedgeFree } from '../../orchestrator/hedge';
import { PostgresAway } from '../../registry/postgres-away';
import { ServiceRegistry, type ServiceGate } from '../../registry/service';
import { LOGGER } from '../../telemetry/logger';
import { SlowFilters } from '../advice/slow-filters';
import type { Collection } from '../collection';
import type { FilterReport } from '../adapters/pgvector/filtered-search';
import { PgVectorStore } from '../adapters/pgvector/pgvector.store';
import type { VectorHit, VectorQuery } from '../vector-store.port';
import { CannotServe, CheckedSearch } from './checked-search';
import { Replica } from '../replica/replica.port';
import { canServeAlone, obstacleOf, routeOf, type Route, type RouteFacts } from '../../orchestrator/vector-route';
import { SearchMetrics } from './search-metrics';
import type { SearchEngine, SearchRequest } from './search-request';
import { WarmUp } from './warm-up';

export type Consistency = 'strong' | 'eventual';

export interface VectorAnswer {
  readonly hits: VectorHit[];
  readonly servedBy: 'qdrant' | 'pgvector';
  readonly consistency: Consistency;
  /** Why the preferred engine did not serve; empty when it did. */
  readonly reasons: readonly string[];
  /** How Postgres applied the filter. */
  readonly filter?: FilterReport;
}

export interface VectorSearchOptions {
  /** `eventual`: Qdrant's own answer, not looked up in Postgres. Default `strong`. */
  readonly consistency?: Consistency | undefined;
  /** This engine or none: nobody stands in for it. */
  readonly engine?: SearchEngine | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** One search at Qdrant takes milliseconds; what takes this long is a fault. */
const QDRANT_MS = 400;
/** Who finds Qdrant full asks again after this; with less time left there is no sense in asking. */
const TURN_MS = 10;
const LEAST_MS = 30;

/** Who serves a vector search: Qdrant looked up in Postgres, pgvector behind it, Qdrant alone when Postgres is gone. */
@Injectable()
export class VectorSearch {
  constructor(
    private readonly pgvector: PgVectorStore,
    private readonly checked: CheckedSearch,
    private readonly registry: ServiceRegistry,
    private readonly metrics: SearchMetrics,
    private readonly warmUp: WarmUp,
    private readonly away: PostgresAway,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(Replica) private readonly replica: Replica | null,
    private readonly budget: Budget,
    private readonly slow: SlowFilters,
  ) {}

  async search(
    scope: Scope,
    collection: Collection,
    query: VectorQuery,
    options: VectorSearchOptions = {},
  ): Promise<VectorAnswer> {
    const search = { scope, collection, query, ...options };
    const facts = this.factsFor(collection, query);
    const answer = await span('vector search', spanFacts(collection, facts), async (working) => {
      const found = options.engine
        ? await this.by(options.engine, search, facts)
        : await this.along(routeOf(facts), search);
      working.set({ 'zerodb.served_by': found.servedBy, 'zerodb.degraded_reasons': found.reasons });
      return found;
    });
    this.metrics.answered(answer.servedBy, answer.reasons);
    return answer;
  }

  /** Who would serve this search now. `undefined` when something stands in the way: a fault, a build, records not copied yet. */
  routeAtRest(
    collection: Collection,
    { mode, filter }: Pick<SearchRequest, 'mode' | 'filter'>,
  ): RouteAtRest | undefined {
    if (mode === 'keyword') return { engine: 'postgres' };
    const facts = this.factsFor(collection, { ...NO_QUERY, filter });
    const { kind, reasons } = routeOf(facts);
    if (reasons.length > 0) return undefined;
    if (kind === 'pgvector') return { engine: 'pgvector' };
    const build = this.replica?.epochOf(collection.id);
    return facts.qdrant === 'up' && facts.lag === 0 ? { engine: 'qdrant', build } : undefined;
  }

  /** The vector of a record: as `fromPostgres` finds it, or from Qdrant's copy when Postgres is gone. */
  async vectorOf(
    scope: Scope,
    collection: Collection,
    id: string,
    fromPostgres: () => Promise<number[] | undefined>,
  ): Promise<number[] | undefined> {
    const search = { scope, collection, query: NO_QUERY };
    const fromCopy = (): Promise<number[] | undefined> =>
      this.atQdrant(search, (replica, signal) => replica.vectorOf(scope, collection, id, signal));
    return await this.unlessGone(collection, fromPostgres, fromCopy);
  }

  /** What Postgres answers; what Qdrant alone can when Postgres is gone, however late that shows. Never because it is busy. */
  async unlessGone<T>(collection: Collection, inPostgres: () => Promise<T>, alone: () => Promise<T>): Promise<T> {
    if (!this.couldServeAlone(collection)) return await inPostgres();
    return await this.away.otherwise(inPostgres, alone, () => this.couldServeAlone(collection));
  }

  private factsFor(collection: Collection, query: VectorQuery): RouteFacts {
    const gate = this.registry.gate('qdrant');
    return {
      qdrant: this.replica ? gate.state : 'disabled',
      ...this.copyFacts(collection),
      lag: this.replica?.lagOf(collection.id) ?? 0,
      expressible: this.replica?.supports(query) ?? false,
    };
  }

  /** To see what one engine answers, not to get an answer: what keeps it from serving is told, not worked around. */
  private async by(engine: SearchEngine, search: Search, facts: RouteFacts): Promise<VectorAnswer> {
    if (engine === 'pgvector') return await this.fromPostgres(search, []);
    const obstacle = obstacleOf(facts);
    if (obstacle !== undefined) throw cannotServeAlone(obstacle);
    try {
      return await this.fromQdrant(search);
    } catch (error) {
      if (error instanceof CannotServe) throw cannotServeAlone(error.reason);
      throw isServiceFault(error) ? unavailable('Qdrant', error) : error;
    }
  }

  private async along(route: Route, search: Search): Promise<VectorAnswer> {
    const inPostgres = (): Promise<VectorAnswer> =>
      route.kind === 'checked' ? this.hedged(search) : this.fromPostgres(search, route.reasons);
    return await this.unlessGone(search.collection, inPostgres, () => this.alone(search, ['postgres_unavailable']));
  }

  private couldServeAlone(collection: Collection): boolean {
    return canServeAlone(this.copyFacts(collection));
  }

  private copyFacts({ id }: Collection): Pick<RouteFacts, 'admitted' | 'hasCopy'> {
    return {
      admitted: this.registry.gate('qdrant').admits('read'),
      hasCopy: this.replica?.epochOf(id) !== undefined,
    };
  }

  /** Qdrant first; pgvector beside it when it is late, and instead of it when it fails. */
  private async hedged(search: Search): Promise<VectorAnswer> {
    const gate = this.registry.gate('qdrant');
    this.budget.deposit();
    const first: Candidate<VectorAnswer> = { name: 'qdrant', run: () => this.fromQdrant(search) };
    const second: Candidate<VectorAnswer> = { name: 'pgvector', run: () => this.fromPostgres(search, []) };
    const { value, missed, fault } = await firstGood(first, second, {
      delayMs: hedgeDelayMs(gate, QDRANT_MS),
      mayHedge: () => this.mayHedge(gate),
      movesOn: (error) => error instanceof CannotServe || isAvailabilityFault(error),
    });
    if (missed === undefined) return value;
    return { ...value, reasons: [fault instanceof CannotServe ? fault.reason : `qdrant_${missed}`] };
  }

  private mayHedge(gate: ServiceGate): boolean {
    const may = isHedgeFree(gate) || this.budget.withdraw();
    this.metrics.hedged(may ? 'started' : 'refused');
    return may;
  }

  private async fromQdrant(search: Search): Promise<VectorAnswer> {
    if (search.consistency === 'eventual') return await this.alone(search, []);
    const { scope, collection, query } = search;
    const epoch = this.replica?.epochOf(collection.id) ?? '';
    const { hits, wrong } = await this.checked.search(scope, collection, query, epoch, (limit) =>
      this.atQdrant(search, (replica, signal) => replica.nearest(scope, collection, { ...query, limit }, signal)),
    );
    if (wrong.length > 0) this.repair(search, wrong);
    this.warmUp.sample(scope, collection, query, hits);
    return { hits, servedBy: 'qdrant', consistency: 'strong', reasons: [] };
  }

  /** What Qdrant says, unchecked: by the caller's wish, or because there is nobody to check it with. */
  private async alone(search: Search, reasons: readonly string[]): Promise<VectorAnswer> {
    const { scope, collection, query } = search;
    // With nobody behind it, it may take what time there is.
    const mostMs = reasons.length === 0 ? QDRANT_MS : Number.POSITIVE_INFINITY;
    const call = (replica: Replica, signal: AbortSignal) => replica.search(scope, collection, query, signal);
    const ask = (): Promise<VectorHit[]> => this.atQdrant(search, call, mostMs);
    // All who waited for Postgres come at once, and nobody stands behind Qdrant: they wait for each other.
    const hits = reasons.length === 0 ? await ask() : await this.inTurn(search, ask);
    return { hits, servedBy: 'qdrant', consistency: 'eventual', reasons };
  }

  private async inTurn<T>({ signal }: Search, ask: () => Promise<T>): Promise<T> {
    const until = performance.now() + remainingMs(signal, DEFAULT_DEADLINE_MS) - LEAST_MS;
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        const isFull = isServiceFault(error) && error.kind === 'not_admitted';
        if (!isFull || !this.registry.gate('qdrant').admits('read') || performance.now() >= until) throw error;
        await sleep(TURN_MS * (0.5 + Math.random()));
      }
    }
  }

  private async fromPostgres({ scope, collection, query }: Search, reasons: readonly string[]): Promise<VectorAnswer> {
    const startedAt = performance.now();
    const answer = await this.pgvector.answer(scope, collection, query);
    if (answer.filter && query.filter) {
      this.slow.note(scope, collection, query.filter, answer.filter, performance.now() - startedAt);
    }
    return { ...answer, servedBy: 'pgvector', consistency: 'strong', reasons };
  }

  private async atQdrant<T>(
    search: Search,
    call: (replica: Replica, signal: AbortSignal) => Promise<T>,
    mostMs = QDRANT_MS,
  ): Promise<T> {
    const { replica } = this;
    if (!replica) throw new Error('Qdrant is not configured.');
    const timeoutMs = Math.min(mostMs, remainingMs(search.signal, DEFAULT_DEADLINE_MS));
    return await this.registry
      .gate('qdrant')
      .run('read', (signal) => call(replica, signal), { timeoutMs, signal: search.signal });
  }

  private repair({ scope, collection }: Search, ids: readonly string[]): void {
    this.metrics.foundWrong(ids.length);
    this.logger.warn({ collection: collection.id, records: ids.length }, 'Qdrant differs from the record; repairing');
    this.replica?.repair(scope, collection, ids);
  }
}

export interface RouteAtRest {
  readonly engine: 'qdrant' | 'pgvector' | 'postgres';
  /** Of Qdrant's copy. */
  readonly build?: string | undefined;
}

interface Search extends VectorSearchOptions {
  readonly scope: Scope;
  readonly collection: Collection;
  readonly query: VectorQuery;
}

/** What the route was chosen by. */
const spanFacts = (collection: Collection, facts: RouteFacts) => () => ({
  attributes: {
    'zerodb.collection': collection.id,
    'zerodb.qdrant_state': facts.qdrant,
    'zerodb.qdrant_lag': facts.lag,
    'zerodb.obstacle': obstacleOf(facts),
  },
});

const NO_QUERY: VectorQuery = {
  vector: [],
  limit: 1,
  exact: false,
  include: { metadata: false, text: false, vector: false },
};

const cannotServeAlone = (reason: string): ZeroDbError =>
  conflict(`Qdrant cannot serve this search now (${reason}). Omit "engine" to use any available one.`, true);
