import { Injectable } from '@nestjs/common';
import { ZeroDbError } from '../../common/errors';
import { isObject } from '../../common/filter/values';
import { MAX_NESTING } from '../../common/nesting';
import type { Scope } from '../../common/scope';
import { MemoryBrowser, type EntityType, type Numbered, type Slice } from '../../memory/browse/memory-browser';
import { MAX_CONTENT_BYTES, memoryPatch, type MemoryPatch } from '../../memory/dto/memory.schemas';
import type { Memory } from '../../memory/memory';
import { MemoryService } from '../../memory/memory.service';
import { parseMemoryFilter } from '../../memory/search/memory-filter';
import { MemorySearchService } from '../../memory/search/memory-search.service';
import type { MemorySelection } from '../../memory/search/memory-selection';
import { parseStorableJson } from '../../transports/rest/parse-json';
import { entitiesIn } from './adding';
import { badRequest } from './errors';
import { readFilters, type ReadFilters } from './filters';
import { endOf, momentOf } from './moments';
import type { ForgetQuery, ListBody, SearchBody, UpdateBody } from './schemas';
import { shownMemory } from './shown';

const DEFAULT_TOP_K = 10;
/** Forgotten between two looks at what is left. */
const FORGOTTEN_AT_ONCE = 200;
const NOBODY = 'Name at least one of user_id, agent_id, app_id and run_id in filters ("*" is any).';

interface Named {
  readonly memory_id: string;
}

/** mem0's questions and commands, by ZeroDB's memory. */
@Injectable()
export class Mem0Memories {
  constructor(
    private readonly memories: MemoryService,
    private readonly browser: MemoryBrowser,
    private readonly searches: MemorySearchService,
  ) {}

  async page(scope: Scope, body: ListBody, slice: Slice): Promise<Numbered<Memory>> {
    const read = somebody(readFilters(entitiesIn(body), body.filters, fieldsOf(body)));
    return await this.browser.page(scope, selectionOf(read, body.latest_only), slice);
  }

  async search(scope: Scope, body: SearchBody, signal: AbortSignal): Promise<object[]> {
    const query = queryOf(body.query);
    const read = somebody(readFilters(entitiesIn(body), body.filters, fieldsOf(body)));
    const request = {
      query,
      ...read.scope,
      filter: read.filter,
      include_superseded: body.latest_only === false,
      limit: body.top_k ?? body.limit ?? DEFAULT_TOP_K,
      mode: 'hybrid' as const,
      hops: 0,
      neighbours: 0,
      explain: false,
    };
    const { results } = await this.searches.search(scope, request, signal);
    const threshold = body.threshold ?? 0;
    return results
      .filter(({ score }) => score >= threshold)
      .map((hit) => ({ ...shownMemory(hit), score: Math.min(1, hit.score) }));
  }

  async update(scope: Scope, id: string, body: UpdateBody): Promise<Memory> {
    return await this.memories.patch(scope, id, patchOf(body));
  }

  /** One after the other; none before all were read, and are known to be there. */
  async updateAll(scope: Scope, changes: readonly (UpdateBody & Named)[], signal: AbortSignal): Promise<void> {
    const patches = changes.map((change) => ({ id: change.memory_id, patch: patchOf(change) }));
    await this.mustExist(scope, changes);
    for (const { id, patch } of patches) {
      signal.throwIfAborted();
      await this.memories.patch(scope, id, patch);
    }
  }

  async forgetEach(scope: Scope, memories: readonly Named[], signal: AbortSignal): Promise<void> {
    await this.mustExist(scope, memories);
    for (const { memory_id: id } of memories) {
      signal.throwIfAborted();
      await this.forgetOne(scope, id);
    }
  }

  private async mustExist(scope: Scope, memories: readonly Named[]): Promise<void> {
    const ids = memories.map(({ memory_id: id }) => id);
    const missing = await this.memories.missing(scope, ids);
    if (missing.length > 0) throw badRequest(`There is no memory ${missing.slice(0, 10).join(', ')}.`);
  }

  /** Those that are selected by the ids; returns how many were forgotten. */
  async forgetBy(scope: Scope, query: ForgetQuery, signal: AbortSignal): Promise<number> {
    const metadata = objectIn('metadata', query.metadata);
    const read = somebody(readFilters(entitiesIn(query), objectIn('filters', query.filters), metadata && { metadata }));
    return await this.forget(scope, read, signal);
  }

  async forgetEntity(scope: Scope, type: EntityType, id: string, signal: AbortSignal): Promise<number> {
    return await this.forget(scope, readFilters({ [`${type}_id`]: { eq: id } }), signal);
  }

  async forgetAll(scope: Scope, signal: AbortSignal): Promise<number> {
    return await this.forget(scope, { scope: {}, filter: undefined }, signal);
  }

  /** One after the other, each in a transaction: what stops it in between leaves the rest, and the same call continues. */
  private async forget(
    scope: Scope,
    read: Pick<ReadFilters, 'scope' | 'filter'>,
    signal: AbortSignal,
  ): Promise<number> {
    const selection = { memoryScope: read.scope, filter: parseMemoryFilter(read.filter) };
    const seen = new Set<string>();
    for (;;) {
      const ids = await this.browser.idsToForget(scope, selection, FORGOTTEN_AT_ONCE);
      const left = ids.filter((id) => !seen.has(id));
      if (left.length === 0) return seen.size;
      for (const id of left) {
        signal.throwIfAborted();
        seen.add(id);
        await this.forgetOne(scope, id);
      }
    }
  }

  /** What was learned from a message goes with it, and is gone when its turn comes. */
  private async forgetOne(scope: Scope, id: string): Promise<boolean> {
    try {
      await this.memories.delete(scope, id);
      return true;
    } catch (error) {
      if (error instanceof ZeroDbError && error.status === 404) return false;
      throw error;
    }
  }
}

const somebody = (read: ReadFilters): ReadFilters => {
  if (read.namesSomebody) return read;
  throw badRequest(NOBODY);
};

const selectionOf = ({ scope, filter }: ReadFilters, latestOnly: boolean | null | undefined): MemorySelection => ({
  memoryScope: scope,
  filter: parseMemoryFilter(filter),
  includeSuperseded: latestOnly === false,
});

/** Fields beside the filters that narrow, too. */
const fieldsOf = (body: {
  readonly categories?: readonly string[] | null | undefined;
  readonly start_date?: string | null | undefined;
  readonly end_date?: string | null | undefined;
}): Record<string, unknown> => ({
  ...(body.categories && body.categories.length > 0 ? { categories: { in: body.categories } } : {}),
  ...(body.start_date || body.end_date
    ? {
        created_at: {
          ...(body.start_date ? { gte: body.start_date } : {}),
          ...(body.end_date ? { lte: body.end_date } : {}),
        },
      }
    : {}),
});

const queryOf = (text: string): string => {
  const query = text.trim();
  if (query === '') throw badRequest('query must not be empty.');
  if (Buffer.byteLength(query) > MAX_CONTENT_BYTES) throw badRequest(`query has at most ${MAX_CONTENT_BYTES} bytes.`);
  return query;
};

/** A client puts the object into the query as text. What cannot be read never selects everything. */
const objectIn = (name: string, text: string | undefined): Record<string, unknown> | undefined => {
  if (text === undefined) return undefined;
  try {
    const value = parseStorableJson(Buffer.from(text));
    if (isObject(value)) return value;
  } catch {
    // Refused below, like any other text.
  }
  throw badRequest(
    `${name} must be a JSON object, with no NUL and at most ${MAX_NESTING} levels; ` +
      'name user_id, agent_id, app_id or run_id as parameters.',
  );
};

const patchOf = (body: UpdateBody): MemoryPatch => {
  const content = body.text ?? body.data ?? body.memory;
  const { metadata, timestamp, expiration_date: ends } = body;
  const parsed = memoryPatch.safeParse({
    ...(content === undefined || content === null ? {} : { content }),
    ...(metadata ? { metadata } : {}),
    ...(timestamp === undefined || timestamp === null ? {} : { valid_from: momentOf(timestamp) }),
    ...(ends === undefined ? {} : { expires_at: ends === null ? null : endOf(ends) }),
  });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw badRequest(`${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is invalid'}`.trim());
};
