import {
  ROOT_CONTEXT,
  SpanKind as ApiKind,
  trace,
  TraceFlags,
  type Context,
  type ContextManager,
  type Link,
  type SpanContext,
  type Tracer as ApiTracer,
} from '@opentelemetry/api';
import { parseTraceparent } from '../../common/traceparent';
import type { ActiveSpan, OpenSpan, Span, SpanFacts, SpanKind, Tracer } from '../../common/tracing';
import { apiAttributes, OtlpSpan, traceparentOf } from './otlp-span';

const KINDS: Readonly<Record<SpanKind, ApiKind>> = {
  internal: ApiKind.INTERNAL,
  server: ApiKind.SERVER,
  client: ApiKind.CLIENT,
  producer: ApiKind.PRODUCER,
  consumer: ApiKind.CONSUMER,
};

/** Spans by OpenTelemetry's SDK. The span that runs is found by the asynchronous context, which is our own. */
export class OtlpTracer implements Tracer {
  constructor(
    private readonly tracer: ApiTracer,
    private readonly contexts: ContextManager,
  ) {}

  begin(name: string, facts: SpanFacts): OpenSpan {
    return this.open(name, facts);
  }

  span<T>(name: string, facts: SpanFacts, work: (span: Span) => T): T {
    const span = this.open(name, facts);
    let result: T;
    try {
      result = span.run(() => work(span));
    } catch (error) {
      span.threw(error);
      span.end();
      throw error;
    }
    if (!isPromise(result)) span.end();
    else {
      const failed = (error: unknown): void => {
        span.threw(error);
        span.end();
      };
      // The caller gets the same promise, and handles its failure.
      result.then(() => span.end(), failed);
    }
    return result;
  }

  detached<T>(work: () => T): T {
    return this.contexts.with(ROOT_CONTEXT, work);
  }

  active(): ActiveSpan | undefined {
    const span = trace.getSpan(this.contexts.active());
    if (!span) return undefined;
    const { traceId, spanId } = span.spanContext();
    return { traceId, spanId, traceparent: traceparentOf(span) };
  }

  private open(name: string, { kind = 'internal', attributes = {}, parent, links = [] }: SpanFacts): OtlpSpan {
    const around = this.contextOf(parent);
    const options = { kind: KINDS[kind], attributes: apiAttributes(attributes), links: links.flatMap(linkTo) };
    const span = this.tracer.startSpan(name, options, around);
    const inside = trace.setSpan(around, span);
    return new OtlpSpan(span, (work) => this.contexts.with(inside, work));
  }

  private contextOf(parent: string | null | undefined): Context {
    if (parent === undefined) return this.contexts.active();
    const remote = remoteOf(parent ?? undefined);
    return remote ? trace.setSpanContext(ROOT_CONTEXT, remote) : ROOT_CONTEXT;
  }
}

const remoteOf = (traceparent: string | undefined): SpanContext | undefined => {
  const parsed = parseTraceparent(traceparent);
  if (!parsed) return undefined;
  const { traceId, spanId, isSampled } = parsed;
  return { traceId, spanId, traceFlags: isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE, isRemote: true };
};

const linkTo = (traceparent: string | undefined): Link[] => {
  const context = remoteOf(traceparent);
  return context ? [{ context }] : [];
};

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof (value as PromiseLike<unknown> | undefined)?.then === 'function';
