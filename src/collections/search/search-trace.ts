import { span } from '../../common/tracing';
import { explained } from '../adapters/pgvector/filtered-search';
import type { SearchAnswer, SearchMode, SearchResult, SearchStep } from './search-request';
import type { VectorAnswer } from './vector-search';

/** Notes what a search did: for its answer, and for `explain`. */
export class SearchTrace {
  private servedBy: SearchAnswer['served_by'] = 'postgres';
  private consistency: SearchAnswer['consistency'] = 'strong';
  private readonly startedAt = performance.now();
  private readonly steps: SearchStep[] = [];
  private readonly reasons: string[] = [];

  async step<T>(
    step: SearchStep['step'],
    work: () => T | Promise<T>,
    about: Pick<SearchStep, 'served_by' | 'detail'> = {},
  ): Promise<T> {
    const startedAt = performance.now();
    const result = await span(`search ${step}`, NO_FACTS, () => work());
    this.steps.push({ step, took_ms: millisecondsSince(startedAt), ...about });
    return result;
  }

  /** A vector search: who served it is known afterwards. Returns its hits. */
  async vectorStep(
    work: () => Promise<VectorAnswer>,
    detail: SearchStep['detail'] = {},
  ): Promise<VectorAnswer['hits']> {
    const startedAt = performance.now();
    const { hits, servedBy, consistency, reasons, filter } = await work();
    this.servedBy = servedBy;
    this.consistency = consistency;
    for (const reason of reasons) this.degrade(reason);
    this.steps.push({
      step: 'vector',
      took_ms: millisecondsSince(startedAt),
      served_by: servedBy,
      detail: { ...detail, consistency, ...(filter ? { filter: explained(filter) } : {}) },
    });
    return hits;
  }

  /** Whether the vectors came from Qdrant alone. */
  get isUnchecked(): boolean {
    return this.consistency === 'eventual';
  }

  degrade(reason: string): void {
    if (!this.reasons.includes(reason)) this.reasons.push(reason);
  }

  answer(results: SearchResult[], explained?: { mode: SearchMode; score: string }): SearchAnswer {
    return {
      results,
      served_by: this.servedBy,
      degraded: this.reasons.length > 0,
      degraded_reasons: this.reasons,
      consistency: this.consistency,
      took_ms: millisecondsSince(this.startedAt),
      ...(explained === undefined ? {} : { explain: { ...explained, steps: this.steps } }),
    };
  }
}

const NO_FACTS = () => ({});

const millisecondsSince = (startedAt: number): number => Math.round((performance.now() - startedAt) * 100) / 100;
