import type { SearchAnswer, SearchMode, SearchResult, SearchStep } from './search-request';

/** Notes what a search did: for its answer, and for `explain`. */
export class SearchTrace {
  servedBy: SearchAnswer['served_by'] = 'postgres';
  private readonly startedAt = performance.now();
  private readonly steps: SearchStep[] = [];
  private readonly reasons: string[] = [];

  async step<T>(
    step: SearchStep['step'],
    work: () => T | Promise<T>,
    about: Pick<SearchStep, 'served_by' | 'detail'> = {},
  ): Promise<T> {
    const startedAt = performance.now();
    const result = await work();
    this.steps.push({ step, took_ms: millisecondsSince(startedAt), ...about });
    return result;
  }

  degrade(reason: string): void {
    this.reasons.push(reason);
  }

  answer(results: SearchResult[], explainedMode: SearchMode | undefined): SearchAnswer {
    return {
      results,
      served_by: this.servedBy,
      degraded: this.reasons.length > 0,
      degraded_reasons: this.reasons,
      took_ms: millisecondsSince(this.startedAt),
      ...(explainedMode === undefined ? {} : { explain: { mode: explainedMode, steps: this.steps } }),
    };
  }
}

const millisecondsSince = (startedAt: number): number => Math.round((performance.now() - startedAt) * 100) / 100;
