import { outsideRequest } from './request-work';

/** OpenTelemetry's kind of a span. */
export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

export type Attribute = string | number | boolean | readonly string[] | undefined;
export type Attributes = Readonly<Record<string, Attribute>>;

export interface SpanFacts {
  /** Default `internal`. */
  readonly kind?: SpanKind | undefined;
  /**
   * Names of OpenTelemetry's semantic conventions, or `zerodb.…`. Values are numbers and words from closed lists, never
   * users' text.
   */
  readonly attributes?: Attributes | undefined;
  /** The `traceparent` to continue; `null` starts a new trace. Default: the enclosing span. */
  readonly parent?: string | null | undefined;
  /** The `traceparent`s of causes that are not its parent. Invalid ones are ignored. */
  readonly links?: readonly (string | undefined)[] | undefined;
}

/** A running piece of work. All of this costs nothing while tracing is off. */
export interface Span {
  /** To send with outgoing requests; `undefined` while tracing is off. */
  readonly traceparent: string | undefined;
  set(attributes: Attributes): void;
  event(name: string, attributes?: Attributes): void;
  /** Marks a failure without an exception. `type`: a word from a closed list. */
  fail(type: string): void;
}

/** A span that does not end with one call. */
export interface OpenSpan extends Span {
  readonly traceId: string;
  run<T>(work: () => T): T;
  end(): void;
}

/** Records the spans. Installed by `telemetry/tracing.ts` when an exporter is configured. */
export interface Tracer {
  begin(name: string, facts: SpanFacts): OpenSpan;
  /** Ends the span when `work` is done, and returns the result of `work`: the same promise. */
  span<T>(name: string, facts: SpanFacts, work: (span: Span) => T): T;
  /** Runs `work` outside of any span. */
  detached<T>(work: () => T): T;
  active(): ActiveSpan | undefined;
}

export interface ActiveSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceparent: string;
}

const NO_SPAN: Span = {
  traceparent: undefined,
  set: () => undefined,
  event: () => undefined,
  fail: () => undefined,
};

let tracer: Tracer | undefined;

/** One per process, because all spans of a process form one tree. Returns the function that removes it. */
export const installTracer = (installed: Tracer): (() => void) => {
  if (tracer) throw new Error('A tracer is already installed.');
  tracer = installed;
  return () => (tracer = undefined);
};

export const isTracing = (): boolean => tracer !== undefined;

/** Runs `work` as a span. `facts` is called only while tracing is on. */
export const span = <T>(name: string, facts: () => SpanFacts, work: (span: Span) => T): T =>
  tracer === undefined ? work(NO_SPAN) : tracer.span(name, facts(), work);

/**
 * The same, but only inside a trace. Otherwise background calls, such as polls and probes, would create an endless
 * number of single-span traces.
 */
export const childSpan = <T>(name: string | (() => string), facts: () => SpanFacts, work: (span: Span) => T): T => {
  if (tracer?.active() === undefined) return work(NO_SPAN);
  return tracer.span(typeof name === 'string' ? name : name(), facts(), work);
};

/** Starts a span that the caller ends; `undefined` while tracing is off. */
export const beginSpan = (name: string, facts: () => SpanFacts): OpenSpan | undefined => tracer?.begin(name, facts());

/** Starts work that outlives the request that triggers it: outside of its trace and its deadline. */
export const detached = <T>(work: () => T): T =>
  outsideRequest(() => (tracer === undefined ? work() : tracer.detached(work)));

/** The current span; `undefined` outside of one, and while tracing is off. */
export const activeSpan = (): ActiveSpan | undefined => tracer?.active();

/** The W3C `traceparent` of the current span. */
export const activeTraceparent = (): string | undefined => tracer?.active()?.traceparent;

/** The header for an outgoing request within `span`; empty while tracing is off. */
export const traceHeaders = ({ traceparent }: Span): Readonly<Record<string, string>> =>
  traceparent === undefined ? NO_HEADERS : { traceparent };

const NO_HEADERS = {};

/** `server.address` and `server.port` of a URL. */
export const addressOf = (url: string): Attributes => {
  const { hostname, port, protocol } = new URL(url);
  const standard = protocol === 'https:' ? 443 : 80;
  return { 'server.address': hostname, 'server.port': port === '' ? standard : Number(port) };
};
