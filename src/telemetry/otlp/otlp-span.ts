import { SpanStatusCode, type Span as ApiSpan } from '@opentelemetry/api';
import { ZeroDbError } from '../../common/errors';
import { isServiceFault } from '../../common/service-fault';
import { formatTraceparent } from '../../common/traceparent';
import type { Attribute, Attributes, OpenSpan } from '../../common/tracing';

/** OpenTelemetry's span as our port has it. */
export class OtlpSpan implements OpenSpan {
  constructor(
    private readonly span: ApiSpan,
    private readonly within: <T>(work: () => T) => T,
  ) {}

  get traceId(): string {
    return this.span.spanContext().traceId;
  }

  get traceparent(): string {
    return traceparentOf(this.span);
  }

  set(attributes: Attributes): void {
    this.span.setAttributes(apiAttributes(attributes));
  }

  event(name: string, attributes: Attributes = {}): void {
    this.span.addEvent(name, apiAttributes(attributes));
  }

  fail(type: string): void {
    this.span.setAttribute('error.type', type);
    this.span.setStatus({ code: SpanStatusCode.ERROR });
  }

  /** What is thrown is named by its kind alone: messages may quote what users sent. The log has them. */
  threw(error: unknown): void {
    const { type, isExpected } = faultOf(error);
    if (isExpected) this.span.setAttribute('error.type', type);
    else this.fail(type);
  }

  run<T>(work: () => T): T {
    return this.within(work);
  }

  end(): void {
    this.span.end();
  }
}

export const traceparentOf = (span: ApiSpan): string => {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return formatTraceparent({ traceId, spanId, isSampled: (traceFlags & 1) === 1 });
};

/** An answer to bad input is no failure of ours. */
const faultOf = (error: unknown): { readonly type: string; readonly isExpected: boolean } => {
  if (isServiceFault(error)) return { type: error.kind, isExpected: false };
  if (error instanceof ZeroDbError) return { type: error.code, isExpected: error.status < 500 };
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  if (name === 'AbortError') return { type: 'cancelled', isExpected: false };
  const type = [code, name].find((each) => typeof each === 'string' && /^\w{1,64}$/.test(each));
  return { type: typeof type === 'string' ? type : '_OTHER', isExpected: false };
};

export const apiAttributes = (attributes: Attributes): Record<string, string | number | boolean | string[]> =>
  Object.fromEntries(Object.entries(attributes).flatMap(([name, value]) => apiAttribute(name, value)));

const apiAttribute = (name: string, value: Attribute): [string, string | number | boolean | string[]][] => {
  if (value === undefined) return [];
  return [[name, typeof value === 'object' ? [...value] : value]];
};
