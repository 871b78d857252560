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
import { fitOf } from './fit';
import { MemoryCandidates, type Neighbour, type Traits } from './memory-candidates';
import { MemoryClaims } from './memory-claims';
import { parseMemoryFilter, recordCondition, toRecordFilter } from './memory-filter';
import { ledgerOrFollower, MemoryFollowerSearch } from './memory-follower-search';
import { MemoryGraph } from './memory-graph';
import { MemoryKeywords, type ScopeSize } from './memory-keywords';
import { MemoryMeanings, type FoundByMeaning } from './memory-meanings';
import type { MemorySelection } from './memory-selection';
import { Recalls } from './recalls';
import { lendersOf, relevanceOf, type Found, type Ranked } from './relevance';
import { HALF_LIFE_DAYS, placed, score, WEIGHTS, type Explanation, type Scored } from './scoring';
import { comparedFor, TIMELINE_DEPTH, timelineOf } from './timeline';
import type { Told } from './timeline-subject';
import type { Meanings } from './timeline-things';

/** How many of the best of each ranking are looked at. */
const CANDIDATES = 200;
/** When records do not show what was valid, more candidates are fetched and the ledger selects. */
const UNFILTERED_CANDIDATES = 400;
/** By meaning alone a question finds questions: what answers them stands beside, and nothing else lifts it. */
const NEIGHBOURS_BY_MEANING = 1;

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
  /** Memories of the scope that have no vector yet. */
  readonly pending: number;
}

interface Run {
  readonly scope: Scope;
  readonly body: SearchBody;
  readonly selection: MemorySelection;
  readonly size: ScopeSize;
  readonly signal: AbortSignal | undefined;
  readonly reasons: string[];
  servedBy: string;
  pending: number;
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
    private readonly meanings: MemoryMeanings,
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
      return answerOf([...results], { ...run, reasons: [...run.reasons], pending: 0 }, startedAt);
    });
  }

  private async fromLedger(
    scope: Scope,
    body: SearchBody,
    selection: MemorySelection,
    startedAt: number,
    signal?: AbortSignal,
  ): Promise<MemorySearchAnswer> {
    if (!(await this.memories.find(scope)))
      return answerOf([], { servedBy: 'postgres', reasons: [], pending: 0 }, startedAt);
    const size = await this.keywords.sizeOf(scope, selection);
    const run: Run = { scope, body, selection, size, signal, reasons: [], servedBy: 'postgres', pending: 0 };
    const results = size.memories === 0 ? [] : await this.find(run);
    this.recalls.note(scope, selection.memoryScope, results);
    return answerOf(results, run, startedAt);
  }

  private async find(run: Run): Promise<MemoryHit[]> {
    const { scope, body, selection } = run;
    const { relevance, traits, near } = await this.relevance(run);
    const fitting = fitOf(body.query, [...traits.values()]);
    const candidates = [...traits.values()].map((each) => ({
      id: each.id,
      validFrom: each.valid_from,
      importance: each.importance,
      fit: fitting(each),
    }));
    const at = selection.asOf ?? selection.recordedAsOf ?? new Date();
    const options = { at, weights: weightsOf(body), halfLifeDays: body.half_life_days ?? HALF_LIFE_DAYS };
    const scored = score(candidates, relevance, options);
    const distinct = withoutRepeats(scored, (id) => traits.get(id)?.derived_from ?? []);
    const depth = mayHaveTimeline(distinct, traits) ? Math.max(body.limit, TIMELINE_DEPTH) : body.limit;
    const looked = distinct.slice(0, depth).map(({ id }) => id);
    const rows = await this.candidates.rows(scope, selection, looked);
    const best = (await this.inTime(distinct, run, rows, near)).slice(0, body.limit);
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

  private async relevance(run: Run): Promise<Relevance> {
    const { scope, body, selection } = run;
    const weights = weightsOf(body);
    const waiting = this.candidates.pending(scope, selection.memoryScope);
    const [[vector, keyword, graph, claim], pendingCount] = await Promise.all([this.rankings(run), waiting]);
    run.pending = pendingCount;
    const found = [...new Set([...keyword, ...vector].map(({ id }) => id).concat(graph, claim))];
    const lending = weights.neighbours > 0 ? lendersOf(keyword, vector).map(({ id }) => id) : [];
    const { traits, adjacent } = await this.candidates.survey(scope, selection, found, lending);
    const pending = new Set([...traits.values()].filter(({ embedded }) => !embedded).map(({ id }) => id));
    const isCut = vector.length >= Math.max(CANDIDATES, body.limit);
    const relevance = relevanceOf({ vector, isCut, keyword, graph, claim, adjacent, pending }, weights);
    return { relevance, traits, near: new Map(vector.map(({ id, score: similarity }) => [id, similarity])) };
  }

  private async rankings(run: Run): Promise<[Ranked[], Ranked[], string[], string[]]> {
    const { scope, body, selection, size } = run;
    const none: Promise<never[]> = Promise.resolve([]);
    const query = { text: body.query, limit: Math.max(CANDIDATES, body.limit) };
    const keyword =
      body.mode === 'vector'
        ? none
        : this.memories.use(scope, (collection) => this.keywords.search(scope, collection, selection, query, size));
    const vector = body.mode === 'keyword' ? none : this.byMeaning(run);
    const graph = body.hops === 0 ? none : this.graph.walk(scope, selection, body.query, body.hops);
    // A person's claims are few; among very many the rankings have to do.
    const hasClaims = body.mode === 'hybrid' && size.isSmall;
    const claim = hasClaims ? this.claims.search(scope, selection, body.query) : none;
    return await Promise.all([vector, keyword, graph, claim]);
  }

  /** Without the embedding model, or with none that fits, the words alone answer, and the answer says so. */
  private async byMeaning(run: Run): Promise<Ranked[]> {
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
      return answer.results.map(({ id, score: similarity }) => ({ id, score: similarity }));
    } catch (error) {
      if (!mayGoOnByWords(error) || signal?.aborted) throw error;
      run.reasons.push('embeddings_unavailable');
      return [];
    }
  }

  /** Orders the statements about the same thing by time. */
  private async inTime(
    scored: readonly Scored[],
    run: Run,
    rows: ReadonlyMap<string, MemoryRow>,
    near: ReadonlyMap<string, number>,
  ): Promise<Scored[]> {
    if (isStated(scored)) return [...scored];
    const { body, selection } = run;
    const at = selection.asOf ?? selection.recordedAsOf ?? new Date();
    const told = scored.slice(0, TIMELINE_DEPTH).flatMap(({ id }): Told[] => {
      const row = rows.get(id);
      return row ? [toldOf(row, at)] : [];
    });
    const isAsOf = selection.asOf !== undefined || selection.recordedAsOf !== undefined;
    const found = { question: body.query, near };
    const meanings = near.size > 0 ? await this.meaningsOf(run, told, found, isAsOf) : undefined;
    return placed(scored, timelineOf(body.query, told, isAsOf, meanings));
  }

  private async meaningsOf(
    { scope, signal, reasons }: Run,
    told: readonly Told[],
    found: FoundByMeaning,
    isAsOf: boolean,
  ): Promise<Meanings | undefined> {
    const compared = comparedFor(found.question, told, isAsOf);
    if (compared === undefined) return undefined;
    try {
      return await this.meanings.of(scope, compared, found, signal);
    } catch (error) {
      // Their words tell, too.
      if (!mayGoOnByWords(error) || signal?.aborted) throw error;
      reasons.push('embeddings_unavailable');
      return undefined;
    }
  }
}

/** What was found, with what is known of each, and the cosine with the question of what was found by meaning. */
interface Relevance {
  readonly relevance: Map<string, Found>;
  readonly traits: Map<string, Traits>;
  readonly near: ReadonlyMap<string, number>;
}

/** It states just what the question asks for; the ledger has put it into its time already. */
const isStated = ([first]: readonly Scored[]): boolean => first?.explain.claim !== undefined;

/** The turns of a conversation have no timeline: where nothing else was found, they need not be read for one. */
const mayHaveTimeline = (scored: readonly Scored[], traits: ReadonlyMap<string, Traits>): boolean =>
  !isStated(scored) && scored.slice(0, TIMELINE_DEPTH).some(({ id }) => traits.get(id)?.is_turn === false);

const toldOf = (row: MemoryRow, at: Date): Told => ({
  id: row.id,
  content: row.content ?? '',
  isMessage: row.kind === 'message',
  speaker: row.speaker,
  subject: row.subject,
  chain: row.chain,
  validFrom: row.valid_from,
  state: stateOf(row, at),
  order: row.seq,
});

function stateOf(row: MemoryRow, at: Date): Told['state'] {
  if (row.valid_from > at) return 'future';
  if (row.valid_to === null || row.valid_to > at) return 'valid';
  return row.superseded_by === null ? 'ended' : 'superseded';
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
  { servedBy, reasons, pending }: Pick<Run, 'servedBy' | 'reasons' | 'pending'>,
  startedAt: number,
): MemorySearchAnswer => ({
  results,
  served_by: servedBy,
  degraded: reasons.length > 0,
  degraded_reasons: [...new Set(reasons)],
  took_ms: Math.round((performance.now() - startedAt) * 100) / 100,
  pending,
});
