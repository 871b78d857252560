import type { Context } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';

/** The outcome of an export. */
export type SpanOutcome = 'exported' | 'failed' | 'dropped';

export interface ExportObserver {
  counted(outcome: SpanOutcome, spans: number): void;
  /** The collector takes spans, or stopped taking them: called when that changes, with what it said. */
  changed(isTaking: boolean, message: string): void;
}

type Result = Parameters<Parameters<SpanExporter['export']>[1]>[0];

/** `ExportResultCode.SUCCESS`. */
const SUCCESS = 0;
const MAX_MESSAGE = 200;

/** Counts what goes out, and tells when the collector comes and goes: once each time, however many batches are lost. */
export class ObservedExporter implements SpanExporter {
  private isTaking: boolean | undefined;
  /** Spans that are ended and neither sent nor given up. */
  pending = 0;

  constructor(
    private readonly inner: SpanExporter,
    private readonly observer: ExportObserver,
  ) {}

  export(spans: ReadableSpan[], done: (result: Result) => void): void {
    this.inner.export(spans, (result) => {
      this.pending -= spans.length;
      const isTaken = Number(result.code) === SUCCESS;
      this.observer.counted(isTaken ? 'exported' : 'failed', spans.length);
      const message = result.error?.message.slice(0, MAX_MESSAGE) ?? 'no reason given';
      if (isTaken !== this.isTaking) this.observer.changed(isTaken, message);
      this.isTaking = isTaken;
      done(result);
    });
  }

  async forceFlush(): Promise<void> {
    await this.inner.forceFlush?.();
  }

  async shutdown(): Promise<void> {
    await this.inner.shutdown();
  }
}

/** Lets so many spans wait, and counts what is dropped beyond: whoever is traced never waits for the collector. */
export class BoundedProcessor implements SpanProcessor {
  constructor(
    private readonly inner: SpanProcessor,
    private readonly exporter: ObservedExporter,
    private readonly most: number,
    private readonly observer: ExportObserver,
  ) {}

  onStart(span: Span, context: Context): void {
    this.inner.onStart(span, context);
  }

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & 1) === 0) return;
    if (this.exporter.pending >= this.most) return this.observer.counted('dropped', 1);
    this.exporter.pending += 1;
    this.inner.onEnd(span);
  }

  async forceFlush(): Promise<void> {
    await this.inner.forceFlush();
  }

  async shutdown(): Promise<void> {
    await this.inner.shutdown();
  }
}
