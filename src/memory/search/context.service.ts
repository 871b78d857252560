import { Injectable } from '@nestjs/common';
import { mapInSlices } from '../../common/in-slices';
import type { Scope } from '../../common/scope';
import type { ContextBody } from '../dto/memory.schemas';
import { MemorySearchService, type MemoryHit } from './memory-search.service';
import { countTokens } from '../../common/text/tokens';

/** More do not fit into any budget that helps an answer. */
const MAX_MEMORIES = 200;

export interface MemoryContext {
  readonly text: string;
  readonly tokens: number;
  readonly sources: readonly { id: string; score: number; kind: MemoryHit['kind']; valid_from: string }[];
  readonly degraded: boolean;
  readonly degraded_reasons: readonly string[];
}

/** Packs the best memories for a question into a budget of tokens. */
@Injectable()
export class ContextService {
  constructor(private readonly searches: MemorySearchService) {}

  /** The best ones are chosen first; they are given in the order of time, a line each. Never more than `max_tokens`. */
  async context(scope: Scope, { max_tokens, ...body }: ContextBody, signal?: AbortSignal): Promise<MemoryContext> {
    const request = { ...body, limit: MAX_MEMORIES, mode: 'hybrid' as const, neighbours: 0, explain: false };
    const { results, degraded, degraded_reasons } = await this.searches.search(scope, request, signal);
    const lines = results.map(lineOf);
    // Hundreds of long memories are more than the thread may be held for.
    const counted = new Map(await mapInSlices(lines, (line) => [line, countTokens(line)] as const));
    const chosen = pack(results, max_tokens, (text) => counted.get(text) ?? countTokens(text));
    return {
      text: chosen.text,
      tokens: chosen.tokens,
      sources: chosen.memories.map(({ id, score, kind, valid_from }) => ({ id, score, kind, valid_from })),
      degraded,
      degraded_reasons,
    };
  }
}

/** Greedy by score: what does not fit is passed over, as a shorter one may. */
export function pack(
  memories: readonly MemoryHit[],
  maxTokens: number,
  count: (text: string) => number,
): { text: string; tokens: number; memories: MemoryHit[] } {
  const chosen: MemoryHit[] = [];
  let used = 0;
  for (const memory of memories) {
    // A line's end is at most one token; the sum is an upper bound of the whole.
    const cost = count(lineOf(memory)) + 1;
    if (used + cost > maxTokens) continue;
    used += cost;
    chosen.push(memory);
  }
  const ordered = chosen.sort((a, b) =>
    a.valid_from < b.valid_from ? -1 : a.valid_from > b.valid_from ? 1 : a.id < b.id ? -1 : 1,
  );
  const text = ordered.map(lineOf).join('\n');
  return { text, tokens: text === '' ? 0 : count(text), memories: ordered };
}

/** Content is data: its line breaks must not look like another memory. */
const lineOf = ({ content, name, role, kind, valid_from }: MemoryHit): string => {
  const speaker = name ?? (kind === 'message' ? role : undefined);
  return `- [${valid_from.slice(0, 10)}] ${speaker === undefined ? '' : `${speaker}: `}${onOneLine(content)}`;
};

/** Each run of white space is looked at once: `\s*\n\s*` would begin again at every blank of it. */
const onOneLine = (content: string): string =>
  content.replace(/\s+/g, (blank) => (blank.includes('\n') ? ' / ' : blank));
