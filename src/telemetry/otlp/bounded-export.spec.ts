import { InMemorySpanExporter, TracerProvider, type ReadableSpan, type SpanProcessor } from '@opentelemetry/sdk-trace';
import { BoundedProcessor, ObservedExporter, type SpanOutcome } from './bounded-export';

type Done = Parameters<InMemorySpanExporter['export']>[1];

/** Keeps what it is given until it is told how it went. */
class PatientExporter extends InMemorySpanExporter {
  readonly waiting: Done[] = [];

  override export(_spans: ReadableSpan[], done: Done): void {
    this.waiting.push(done);
  }
}

const open = (most: number) => {
  const counts: Record<SpanOutcome, number> = { exported: 0, failed: 0, dropped: 0 };
  const changes: string[] = [];
  const inner = new PatientExporter();
  const observer = {
    counted: (outcome: SpanOutcome, spans: number) => void (counts[outcome] += spans),
    changed: (isTaking: boolean, message: string) => void changes.push(isTaking ? 'up' : message),
  };
  const exporter = new ObservedExporter(inner, observer);
  const oneByOne: SpanProcessor = {
    onStart: () => undefined,
    onEnd: (span) => exporter.export([span], () => undefined),
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
  const spanProcessors = [new BoundedProcessor(oneByOne, exporter, most, observer)];
  const tracer = new TracerProvider({ spanProcessors }).getTracer('test');
  return { counts, changes, exporter, waiting: inner.waiting, end: () => tracer.startSpan('a').end() };
};

describe('BoundedProcessor', () => {
  it('drops and counts what comes while too many wait, and goes on when they are gone', () => {
    const { counts, exporter, waiting, end } = open(2);
    for (let spans = 0; spans < 5; spans += 1) end();
    expect(counts.dropped).toBe(3);
    expect(exporter.pending).toBe(2);
    for (const done of waiting.splice(0)) done({ code: 1 });
    expect(counts).toEqual({ exported: 0, failed: 2, dropped: 3 });
    end();
    waiting.shift()?.({ code: 0 });
    expect(counts).toEqual({ exported: 1, failed: 2, dropped: 3 });
    expect(exporter.pending).toBe(0);
  });
});

describe('ObservedExporter', () => {
  it('tells of each change once, however many batches are lost', () => {
    const { changes, waiting, end } = open(100);
    const answer = (code: 0 | 1, error?: Error): void => {
      end();
      waiting.shift()?.({ code, ...(error ? { error } : {}) });
    };
    for (let batch = 0; batch < 3; batch += 1) answer(1, new Error('connect ECONNREFUSED'));
    for (let batch = 0; batch < 3; batch += 1) answer(0);
    answer(1, new Error('x'.repeat(1_000)));
    expect(changes).toEqual(['connect ECONNREFUSED', 'up', 'x'.repeat(200)]);
  });
});
