import { Injectable } from '@nestjs/common';
import { SearchService } from '../../collections/search/search.service';
import type { VectorHit } from '../../collections/vector-store.port';
import { unavailable, ZeroDbError } from '../../common/errors';
import type { FilterNode } from '../../common/filter';
import type { Scope } from '../../common/scope';
import type { SearchBody } from '../dto/memory.schemas';
import { MEMORY_COLLECTION } from '../indexing/memory-collection';
import { MEMORY_KINDS, type Memory } from '../memory';

/** The ledger is waited for so long before the follower is asked as well. */
const LATE_MS = 700;

const INCLUDE = { metadata: true, text: true, vector: false };

export interface FollowerAnswer {
  readonly results: readonly (Memory & { readonly score: number })[];
  readonly servedBy: string;
  readonly reasons: readonly string[];
}

/** Memories as their records have them, for when the ledger can't be asked: by meaning alone, as a follower knows them. */
@Injectable()
export class MemoryFollowerSearch {
  constructor(private readonly searches: SearchService) {}

  /** Rejects while Postgres answers: then the ledger is to be waited for. */
  async search(scope: Scope, body: SearchBody, filter: FilterNode, signal?: AbortSignal): Promise<FollowerAnswer> {
    const request = {
      query: { text: body.query },
      mode: 'vector',
      filter,
      limit: body.limit,
      include: INCLUDE,
    } as const;
    const answer = await this.searches.search(
      scope,
      MEMORY_COLLECTION,
      { ...request, exact: false, explain: false },
      signal ? { signal } : {},
    );
    if (!answer.degraded_reasons.includes('postgres_unavailable')) throw unavailable('the ledger of memories');
    const now = Date.now() * 1000;
    const results = answer.results.filter(({ metadata }) => !(numberOf(metadata, 'expires_at', Infinity) <= now));
    return { results: results.map(present), servedBy: answer.served_by, reasons: answer.degraded_reasons };
  }
}

/** Returns the ledger's answer; when it is late or Postgres is unreachable, the follower's if that comes first. */
export async function ledgerOrFollower<T>(ledger: Promise<T>, follower: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, LATE_MS, 'late');
  });
  try {
    const first = await Promise.race([ledger.catch(mustBeAway), late]);
    if (first !== 'late' && first !== UNAVAILABLE) return first;
  } finally {
    clearTimeout(timer);
  }
  return await Promise.any([ledger, follower()]).catch(async () => await ledger);
}

const UNAVAILABLE = Symbol('away');

function mustBeAway(error: unknown): typeof UNAVAILABLE {
  if (error instanceof ZeroDbError && error.status === 503) return UNAVAILABLE;
  throw error;
}

type Hit = Pick<VectorHit, 'id' | 'score' | 'metadata'> & {
  readonly text?: string | null | undefined;
  readonly version?: number | undefined;
};

/** Builds a memory from its record. Fields that only the ledger has get their defaults. */
function present({ id, score, metadata, text, version }: Hit): Memory & { score: number } {
  const told = metadata ?? {};
  const kind = MEMORY_KINDS.find((one) => one === told.kind) ?? 'fact';
  const moment = (name: string): string | null => {
    const micros = numberOf(told, name, NaN);
    return Number.isNaN(micros) ? null : new Date(micros / 1000).toISOString();
  };
  const given = (name: 'user_id' | 'agent_id' | 'session_id') =>
    typeof told[name] === 'string' ? { [name]: told[name] } : {};
  const recordedAt = moment('recorded_at') ?? new Date(0).toISOString();
  return {
    id,
    kind,
    content: text ?? '',
    ...given('user_id'),
    ...given('agent_id'),
    ...given('session_id'),
    confidence: 1,
    importance: 0.5,
    metadata: (told.m ?? {}) as Record<string, unknown>,
    valid_from: moment('valid_from') ?? recordedAt,
    valid_to: moment('valid_to'),
    recorded_at: recordedAt,
    updated_at: moment('updated_at') ?? recordedAt,
    superseded_at: null,
    superseded_by: null,
    expires_at: moment('expires_at'),
    version: version ?? 0,
    embedded: true,
    score,
  };
}

const numberOf = (metadata: Record<string, unknown> | null | undefined, name: string, otherwise: number): number => {
  const value = metadata?.[name];
  return typeof value === 'number' ? value : otherwise;
};
