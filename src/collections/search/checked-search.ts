import { Injectable } from '@nestjs/common';
import type { Scope } from '../../common/scope';
import type { Collection } from '../collection';
import { METRIC_RULES } from '../metric';
import { compareCodePoints } from '../../common/code-points';
import type { VectorHit, VectorQuery } from '../vector-store.port';
import { Hydration, type Claim, type Hydrated } from './hydration';
import { MAX_TAIL } from '../../orchestrator/vector-route';

/** Asks the engine for the nearest `limit` records. */
export type Ask = (limit: number) => Promise<readonly Claim[]>;

/** The engine can't serve this search, though it is well: another candidate has to. */
export class CannotServe extends Error {
  constructor(readonly reason: 'qdrant_behind' | 'qdrant_building' | 'qdrant_inconsistent') {
    super(reason);
    this.name = 'CannotServe';
  }
}

/** Asked beyond the limit, so that a few changed records among the hits need no second question. */
const EXTRA_HITS = 4;
const MAX_ASKED = 20_000;
const MAX_ROUNDS = 3;
const MAX_HINTS = 10_000;

export interface CheckedAnswer {
  readonly hits: VectorHit[];
  readonly wrong: readonly string[];
}

/**
 * A search by a follower that returns what Postgres would: what it claims is looked up, what it lacks is scored here.
 * A record outside of the tail is in the follower as it is in Postgres, so the confirmed claims in their order, merged
 * with the tail, are the answer, provided that enough of them are left.
 */
@Injectable()
export class CheckedSearch {
  /** Collections whose last search met a tail: the next one sends the vector along to score it. */
  private readonly tails = new Map<number, number>();

  constructor(private readonly hydration: Hydration) {}

  /** `epoch`: the build that `ask` asks. Throws `CannotServe` when it turns out to be retired, or too far behind. */
  async search(
    scope: Scope,
    collection: Collection,
    query: VectorQuery,
    epoch: string,
    ask: Ask,
  ): Promise<CheckedAnswer> {
    let asked = query.limit + EXTRA_HITS + Math.min(query.limit, this.tails.get(collection.id) ?? 0);
    for (let round = 1; round <= MAX_ROUNDS; round += 1) {
      const startedAt = performance.now();
      const claims = await ask(asked);
      const found = await this.hydration.lookUp(scope, collection, query, claims, {
        epoch,
        askedAt: startedAt,
        scoreTail: (this.tails.get(collection.id) ?? 0) > 0,
      });
      if (!found.isServing) throw new CannotServe('qdrant_building');
      this.remember(collection.id, found.tailSize);
      if (found.isLate || found.tailSize > MAX_TAIL) throw new CannotServe('qdrant_behind');
      const isComplete = claims.length < asked || found.confirmed.length >= query.limit;
      if (isComplete) return { hits: merge(collection, query, found), wrong: found.wrong };
      asked = Math.min(MAX_ASKED, asked * 4);
    }
    throw new CannotServe('qdrant_inconsistent');
  }

  private remember(collectionId: number, tailSize: number): void {
    if (this.tails.size >= MAX_HINTS) this.tails.clear();
    this.tails.set(collectionId, tailSize);
  }
}

function merge(collection: Collection, query: VectorQuery, { confirmed, tail }: Hydrated): VectorHit[] {
  const { higherIsBetter } = METRIC_RULES[collection.metric];
  const sign = higherIsBetter ? -1 : 1;
  const threshold = query.scoreThreshold;
  const isNear = ({ score }: VectorHit): boolean =>
    threshold === undefined || sign * score <= sign * threshold + ROUNDING;
  return [...confirmed, ...tail]
    .filter(isNear)
    .sort((a, b) => sign * (a.score - b.score) || compareCodePoints(a.id, b.id))
    .slice(0, query.limit);
}

/** A score is the distance turned round, which costs a last bit: an inclusive bound must not lose it. */
const ROUNDING = 1e-12;
