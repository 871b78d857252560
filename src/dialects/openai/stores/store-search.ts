import { Injectable } from '@nestjs/common';
import type { SearchResult } from '../../../collections/search/search-request';
import { SearchService } from '../../../collections/search/search.service';
import { matches, type FilterNode } from '../../../common/filter';
import type { Scope } from '../../../common/scope';
import { storedAttributes } from './attributes';
import { AttachmentsRepository } from './attachments.repository';
import { unlessMissing } from './chunks.service';
import type { Attributes } from './vector-store';

export interface StoreQuestion {
  readonly queries: readonly string[];
  readonly filter: FilterNode | undefined;
  /** Attachments that are not to be shown, by their ids. */
  readonly leftOut: readonly string[];
  readonly limit: number;
  /** From 0 to 1. */
  readonly threshold: number | undefined;
}

export interface FoundChunk {
  readonly file_id: string;
  readonly filename: string;
  readonly score: number;
  readonly attributes: Attributes;
  readonly text: string;
}

/** What a search asks for beyond what it shows: some of it may turn out to be gone. */
const SPARE = 50;
const INCLUDE = { metadata: true, text: true, vector: false };
const ATTACHMENT = { keys: ['attachment'] };

/** Search in the chunks of a vector store, by meaning. */
@Injectable()
export class StoreSearch {
  constructor(
    private readonly search: SearchService,
    private readonly attachments: AttachmentsRepository,
  ) {}

  /** Best first. Of several queries each chunk has the best of its scores. */
  async run(scope: Scope, store: string, question: StoreQuestion, signal: AbortSignal): Promise<FoundChunk[]> {
    const best = new Map<string, SearchResult>();
    for (const query of question.queries) {
      for (const hit of await this.hits(scope, store, query, question, signal))
        if (hit.score > (best.get(hit.id)?.score ?? Number.NEGATIVE_INFINITY)) best.set(hit.id, hit);
    }
    const ranked = [...best.values()].sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
    return (await this.present(scope, store, ranked, question.filter)).slice(0, question.limit);
  }

  private async hits(
    scope: Scope,
    store: string,
    text: string,
    { filter, leftOut, limit, threshold }: StoreQuestion,
    signal: AbortSignal,
  ): Promise<readonly SearchResult[]> {
    const request = {
      query: { text },
      mode: 'vector' as const,
      filter: narrowed(filter, leftOut),
      limit: limit + SPARE,
      score_threshold: threshold === 0 ? undefined : threshold,
      include: INCLUDE,
      exact: false,
      explain: false,
    };
    // Nothing was ingested yet where there is no collection.
    return (await unlessMissing(this.search.search(scope, store, request, { signal })))?.results ?? [];
  }

  /** As the attachments are now: what is gone is not shown, nor what no longer fits the filter. */
  private async present(
    scope: Scope,
    store: string,
    hits: readonly SearchResult[],
    filter: FilterNode | undefined,
  ): Promise<FoundChunk[]> {
    const ids = [...new Set(hits.map(attachmentOf))];
    const shown = ids.length === 0 ? new Map<string, never>() : await this.attachments.shown(scope, store, ids);
    return hits.flatMap((hit) => {
      const attachment = shown.get(attachmentOf(hit));
      if (!attachment || (filter && !fits(filter, attachment.attributes))) return [];
      const { file_id, filename, attributes } = attachment;
      return [{ file_id, filename, attributes, score: scoreOf(hit.score), text: hit.text ?? '' }];
    });
  }
}

const narrowed = (filter: FilterNode | undefined, leftOut: readonly string[]): FilterNode | undefined => {
  if (leftOut.length === 0) return filter;
  const others: FilterNode = { kind: 'not', node: { kind: 'in', path: ATTACHMENT, values: leftOut } };
  return filter ? { kind: 'and', nodes: [filter, others] } : others;
};

/** Anybody may put records into the collection; only chunks are shown. */
const attachmentOf = ({ metadata }: SearchResult): string => {
  const id = metadata?.['attachment'];
  return typeof id === 'string' ? id : '';
};

const fits = (filter: FilterNode, attributes: Attributes): boolean => {
  const now = new Date();
  const metadata = { attributes: storedAttributes(attributes) };
  return matches(filter, { id: '', metadata, version: 0, created_at: now, updated_at: now });
};

/** The cosine of unlike texts may be below nothing. */
const scoreOf = (cosine: number): number => Math.min(1, Math.max(0, cosine));
