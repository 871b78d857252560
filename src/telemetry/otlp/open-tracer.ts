import { hostname } from 'node:os';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
  type SpanExporter,
} from '@opentelemetry/sdk-trace';
import type { Tracer } from '../../common/tracing';
import { BoundedProcessor, ObservedExporter, type ExportObserver } from './bounded-export';
import { OtlpTracer } from './otlp-tracer';

export interface TracerOptions {
  /** Where batches are POSTed, with its path. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Share of the traces that begin here which are kept, from 0 to 1. */
  readonly ratio: number;
  readonly version: string;
  readonly observer: ExportObserver;
}

export interface OpenTracer {
  readonly tracer: Tracer;
  /** Sends what is left, for a while. */
  readonly close: () => Promise<void>;
}

const MAX_PENDING = 4_096;
const BATCH = 512;
const EVERY_MS = 1_000;
const EXPORT_MS = 5_000;
const CLOSE_MS = 3_000;
/** When it closes, all batches go out at once. */
const CONCURRENCY = Math.ceil(MAX_PENDING / BATCH) + 1;
const LIMITS = {
  attributeValueLengthLimit: 512,
  attributeCountLimit: 64,
  linkCountLimit: 32,
  eventCountLimit: 32,
  attributePerEventCountLimit: 16,
  attributePerLinkCountLimit: 8,
};

/** Loads OpenTelemetry's SDK: to be imported only where tracing is on. Nothing global is set. */
export const openTracer = (options: TracerOptions): OpenTracer => {
  const { url, headers, ratio, version, observer } = options;
  const otlp: SpanExporter = new OTLPTraceExporter({
    url,
    headers: { ...headers },
    timeoutMillis: EXPORT_MS,
    concurrencyLimit: CONCURRENCY,
  });
  const exporter = new ObservedExporter(otlp, observer);
  const batches = new BatchSpanProcessor({
    exporter,
    maxQueueSize: MAX_PENDING,
    maxExportBatchSize: BATCH,
    scheduledDelayMillis: EVERY_MS,
    exportTimeoutMillis: EXPORT_MS + 1_000,
  });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'zerodb',
      'service.version': version,
      'service.instance.id': `${hostname()}:${process.pid}`,
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanLimits: LIMITS,
    spanProcessors: [new BoundedProcessor(batches, exporter, MAX_PENDING, observer)],
  });
  const contexts = new AsyncLocalStorageContextManager().enable();
  return {
    tracer: new OtlpTracer(provider.getTracer('zerodb', version), contexts),
    close: () => withTimeout(CLOSE_MS, provider.shutdown()).finally(() => contexts.disable()),
  };
};

/** A collector that is gone must not keep the process. */
const withTimeout = async (ms: number, work: Promise<void>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work.catch(() => undefined), late]).finally(() => clearTimeout(timer));
};
