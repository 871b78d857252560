import { Injectable } from '@nestjs/common';
import { SearchService } from '../../collections/search/search.service';
import { ZeroDbError } from '../../common/errors';
import type { FilterNode } from '../../common/filter';
import type { Scope } from '../../common/scope';
import type { SearchBody } from '../dto/memory.schemas';
import { MEMORY_COLLECTION, MemoryCollection } from '../indexing/memory-collection';
import { dateOf } from '../ledger/draft';
import { presentMemory, type Memory, type MemoryRow } from '../memory';
import { scopeOf } from '../memory.service';
import { MemoryCandidates, type Neighbour } from './memory-candidates';
import { MemoryClaims } from './memory-claims';
import { parseMemoryFilter, recordCondition, toRecordFilter } from './memory-filter';
import { ledgerOrFollower, MemoryFollowerSearch } from './memory-follower-search';
import { MemoryGraph } from './memory-graph';
import { MemoryKeywords, type ScopeSize } from './memory-keywords';
import type { MemorySelection } from './memory-selection';
import { Recalls } from './recalls';
import {
  fuse,
  HALF_LIFE_DAYS,
  lend,
  placed,
  score,
  WEIGHTS,
  type Explanation,
  type ListName,
  type Scored,
} from './scoring';
import { TIMELINE_DEPTH, timelineOf, type Told } from './timeline';

/** How many of the best of each ranking are looked at. */
const CANDIDATES = 100;
/** When records do not show what was valid, more candidates are fetched and the ledger selects. */
const UNFILTERED_CANDIDATES = 400;
/** By meaning alone a question finds questions: what answers them stands beside, and nothing else lifts it. */
const NEIGHBOURS_BY_MEANING = 1;
/** Messages whose neighbours are looked at. */
const LENDERS = 50;

const IDS_ONLY = { metadata: false, text: false, vector: false };

export interface MemoryHit extends Memory {
  readonly score: number;
  readonly neighbours?: readonly Neighbour[];
  readonly explain?: Explanation;
}

export interface MemorySearchAnswer {
  readonly results: MemoryHit[];
  readonly served_by: string;
  readonly degraded: boolean;
  readonly degraded_reasons: string[];
  readonly took_ms: number;
}

interface Run {
  readonly scope: Scope;
  readonly body: SearchBody;
  readonly selection: MemorySelection;
  readonly size: ScopeSize;
  readonly signal: AbortSignal | undefined;
  readonly reasons: string[];
  servedBy: string;
}

/** Finds memories by meaning, words, time and what hangs together with what. */
@Injectable()
export class MemorySearchService {
  constructor(
    private readonly memories: MemoryCollection,
    private readonly searches: SearchService,
    private readonly keywords: MemoryKeywords,
    private readonly graph: MemoryGraph,
    private readonly claims: MemoryClaims,
    private readonly candidates: MemoryCandidates,
    private readonly recalls: Recalls,
    private readonly follower: MemoryFollowerSearch,
  ) {}

  async search(scope: Scope, body: SearchBody, signal?: AbortSignal): Promise<MemorySearchAnswer> {
    const startedAt = performance.now();
    const selection = selectionOf(body);
    const ledger = this.fromLedger(scope, body, selection, startedAt, signal);
    // Only the ledger knows what it said at another moment, and words are its own.
    if (selection.recordedAsOf !== undefined || body.mode === 'keyword') return await ledger;
    return await ledgerOrFollower(ledger, async () => {
      const { results, ...run } = await this.follower.search(scope, body, recordFilterOf(selection), signal);
      return answerOf([...results], { ...run, reasons: [...run.reasons] }, startedAt);
    });
  }

  private async fromLedger(
    scope: Scope,
    body: SearchBody,
    selection: MemorySelection,
    startedAt: number,
    signal?: AbortSignal,
  ): Promise<MemorySearchAnswer> {
    if (!(await this.memories.find(scope))) return answerOf([], { servedBy: 'postgres', reasons: [] }, startedAt);
    const size = await this.keywords.sizeOf(scope, selection);
    const run: Run = { scope, body, selection, size, signal, reasons: [], servedBy: 'postgres' };
    const results = size.memories === 0 ? [] : await this.find(run);
    this.recalls.note(scope, selection.memoryScope, results);
    return answerOf(results, run, startedAt);
  }

  private async find(run: Run): Promise<MemoryHit[]> {
    const { scope, body, selection } = run;
    const weights = weightsOf(body);
    const [vector, keyword, graph, claim] = await this.rankings(run);
    const fused = fuse([
      { name: 'vector', weight: weights.vector, ids: vector.map(({ id }) => id) },
      { name: 'keyword', weight: weights.keyword, ids: keyword },
      { name: 'graph', weight: weights.graph, ids: graph },
      { name: 'claim', weight: weights.claim, ids: claim },
    ]);
    const relevance = new Map(fused.map((hit) => [hit.id, { score: hit.score, parts: { ...hit.scores } }]));
    if (weights.neighbours > 0) await this.addNeighbours(run, relevance, weights.neighbours);
    const rows = await this.candidates.rows(scope, selection, [...relevance.keys()]);
    const candidates = [...rows.values()].map((row) => ({
      id: row.id,
      validFrom: row.valid_from,
      importance: row.importance,
    }));
    const at = selection.asOf ?? selection.recordedAsOf ?? new Date();
    const scored = score(candidates, relevance, { at, weights, halfLifeDays: body.half_life_days ?? HALF_LIFE_DAYS });
    const distinct = withoutRepeats(scored, (id) => rows.get(id)?.derived_from ?? []);
    const best = inTime(distinct, run, rows, vector).slice(0, body.limit);
    const around = await this.candidates.around(
      scope,
      selection.memoryScope,
      best.map(({ id }) => id),
      body.neighbours,
    );
    return best.flatMap((hit) => {
      const row = rows.get(hit.id);
      if (!row) return [];
      const neighbours = around.get(hit.id);
      return [
        {
          ...presentMemory(row),
          score: hit.score,
          ...(neighbours ? { neighbours } : {}),
          ...(body.explain ? { explain: hit.explain } : {}),
        },
      ];
    });
  }

  private async rankings(run: Run): Promise<[Near[], string[], string[], string[]]> {
    const { scope, body, selection, size } = run;
    const none: Promise<string[]> = Promise.resolve([]);
    const query = { text: body.query, limit: Math.max(CANDIDATES, body.limit) };
    const keyword =
      body.mode === 'vector'
        ? none
        : this.memories
            .use(scope, (collection) => this.keywords.search(scope, collection, selection, query, size))
            .then((hits) => hits.map(({ id }) => id));
    const vector = body.mode === 'keyword' ? Promise.resolve([]) : this.byMeaning(run);
    const graph = body.hops === 0 ? none : this.graph.walk(scope, selection, body.query, body.hops);
    // A person's claims are few; among very many the rankings have to do.
    const hasClaims = body.mode === 'hybrid' && size.isSmall;
    const claim = hasClaims ? this.claims.search(scope, selection, body.query) : none;
    return await Promise.all([vector, keyword, graph, claim]);
  }

  /** Without the embedding model, or with none that fits, the words alone answer, and the answer says so. */
  private async byMeaning(run: Run): Promise<Near[]> {
    const { scope, body, selection, signal } = run;
    const isPlain = selection.recordedAsOf === undefined;
    const limit = Math.max(isPlain ? CANDIDATES : UNFILTERED_CANDIDATES, body.limit);
    try {
      const answer = await this.searches.search(
        scope,
        MEMORY_COLLECTION,
        {
          query: { text: body.query },
          mode: 'vector',
          filter: recordFilterOf(selection),
          limit: Math.min(limit, 1000),
          include: IDS_ONLY,
          exact: run.size.isSmall,
          explain: false,
        },
        { signal, hasStandIn: body.mode !== 'vector' },
      );
      run.servedBy = answer.served_by;
      run.reasons.push(...answer.degraded_reasons);
      return answer.results.map(({ id, score: similarity }) => ({ id, similarity }));
    } catch (error) {
      if (!mayGoOnByWords(error) || signal?.aborted) throw error;
      run.reasons.push('embeddings_unavailable');
      return [];
    }
  }

  private async addNeighbours(run: Run, relevance: Map<string, Found>, weight: number): Promise<void> {
    const lenders = [...relevance].slice(0, LENDERS).map(([id]) => id);
    const adjacent = await this.candidates.adjacent(run.scope, run.selection.memoryScope, lenders);
    const own = new Map([...relevance].map(([id, found]) => [id, found.score]));
    const lent = [...lend(own, adjacent, weight)].sort((a, b) => b[1] - a[1]);
    for (const [index, [id, share]] of lent.entries()) {
      const found = relevance.get(id) ?? { score: 0, parts: {} };
      const parts = { ...found.parts, neighbours: { rank: index + 1, score: share } };
      relevance.set(id, { score: found.score + share, parts });
    }
  }
}

/** A memory with its similarity to the question. */
interface Near {
  readonly id: string;
  readonly similarity: number;
}

/** Orders the statements about the same thing by time. */
function inTime(
  scored: readonly Scored[],
  { body, selection }: Run,
  rows: ReadonlyMap<string, MemoryRow>,
  vector: readonly Near[],
): Scored[] {
  // It states just what the question asks for; the ledger has put it into its time already.
  if (scored[0]?.explain.claim !== undefined) return [...scored];
  const at = selection.asOf ?? selection.recordedAsOf ?? new Date();
  const similarity = new Map(vector.map((near) => [near.id, near.similarity]));
  const told = scored.slice(0, TIMELINE_DEPTH).flatMap(({ id }): Told[] => {
    const row = rows.get(id);
    return row ? [toldOf(row, at, similarity.get(id))] : [];
  });
  const isAsOf = selection.asOf !== undefined || selection.recordedAsOf !== undefined;
  return placed(scored, timelineOf(body.query, told, isAsOf));
}

const toldOf = (row: MemoryRow, at: Date, similarity: number | undefined): Told => ({
  id: row.id,
  content: row.content ?? '',
  isMessage: row.kind === 'message',
  speaker: row.speaker,
  subject: row.subject,
  validFrom: row.valid_from,
  state: stateOf(row, at),
  order: row.seq,
  similarity,
});

const stateOf = (row: MemoryRow, at: Date): Told['state'] =>
  row.valid_from <= at && (row.valid_to === null || row.valid_to > at)
    ? 'valid'
    : row.superseded_by === null
      ? 'ended'
      : 'superseded';

type Parts = Partial<Record<ListName, { rank: number; score: number }>>;
interface Found {
  readonly score: number;
  readonly parts: Parts;
}

const weightsOf = (body: SearchBody): Record<keyof typeof WEIGHTS, number> => {
  const asked = Object.entries(body.weights ?? {}).filter(
    (entry): entry is [keyof typeof WEIGHTS, number] => entry[1] !== undefined,
  );
  const own = body.mode === 'vector' ? { neighbours: NEIGHBOURS_BY_MEANING } : {};
  return { ...WEIGHTS, ...own, ...Object.fromEntries(asked) };
};

export const selectionOf = (
  body: Pick<
    SearchBody,
    'user_id' | 'agent_id' | 'session_id' | 'scope' | 'filter' | 'as_of' | 'recorded_as_of' | 'include_superseded'
  >,
): MemorySelection => ({
  memoryScope: { ...scopeOf(body), match: body.scope ?? 'all' },
  filter: parseMemoryFilter(body.filter),
  asOf: body.as_of === undefined ? undefined : dateOf(body.as_of),
  recordedAsOf: body.recorded_as_of === undefined ? undefined : dateOf(body.recorded_as_of),
  includeSuperseded: body.include_superseded,
});

/** What the records can tell; the ledger looks at each hit again. */
function recordFilterOf(selection: MemorySelection): FilterNode {
  const isPlain = selection.recordedAsOf === undefined && !selection.includeSuperseded;
  const own = recordCondition(selection.memoryScope, isPlain ? (selection.asOf ?? new Date()) : undefined);
  const asked = selection.filter && toRecordFilter(selection.filter);
  return { kind: 'and', nodes: asked ? [...own, asked] : own };
}

const mayGoOnByWords = (error: unknown): boolean =>
  error instanceof ZeroDbError && (error.status === 503 || error.status === 502 || error.code === 'conflict');

/** A fact and the message it was learned from say the same: the better one stands for both. */
function withoutRepeats(scored: readonly Scored[], derivedFrom: (id: string) => readonly string[]): Scored[] {
  const told = new Set<string>();
  return scored.filter(({ id }) => {
    const from = derivedFrom(id);
    if (told.has(id) || from.some((source) => told.has(source))) return false;
    for (const source of [id, ...from]) told.add(source);
    return true;
  });
}

const answerOf = (
  results: MemoryHit[],
  { servedBy, reasons }: Pick<Run, 'servedBy' | 'reasons'>,
  startedAt: number,
): MemorySearchAnswer => ({
  results,
  served_by: servedBy,
  degraded: reasons.length > 0,
  degraded_reasons: [...new Set(reasons)],
  took_ms: Math.round((performance.now() - startedAt) * 100) / 100,
});
