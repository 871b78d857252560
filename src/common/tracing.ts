import { apart } from './request-work';

/** What a span is in the trace's tree: the word OpenTelemetry has for it. */
export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

export type Attribute = string | number | boolean | readonly string[] | undefined;
export type Attributes = Readonly<Record<string, Attribute>>;

export interface SpanFacts {
  /** Default `internal`. */
  readonly kind?: SpanKind | undefined;
  /** Names of OpenTelemetry's semantic conventions, or `zerodb.…`. Numbers of ours and closed lists, never users' text. */
  readonly attributes?: Attributes | undefined;
  /** The `traceparent` that it continues; `null`: a trace of its own. Default: the span around it. */
  readonly parent?: string | null | undefined;
  /** The `traceparent`s of what caused it without being its parent. What is not valid is left out. */
  readonly links?: readonly (string | undefined)[] | undefined;
}

/** A piece of work under way. Everything here costs nothing while tracing is off. */
export interface Span {
  /** To be sent along with what goes out; `undefined` while tracing is off. */
  readonly traceparent: string | undefined;
  set(attributes: Attributes): void;
  event(name: string, attributes?: Attributes): void;
  /** It failed without throwing. `type`: a word of a closed list. */
  fail(type: string): void;
}

/** A span whose end is not that of one call. */
export interface OpenSpan extends Span {
  readonly traceId: string;
  run<T>(work: () => T): T;
  end(): void;
}

/** Who keeps the spans. Installed by `telemetry/tracing.ts` when there is somebody to send them to. */
export interface Tracer {
  begin(name: string, facts: SpanFacts): OpenSpan;
  /** Ends the span when `work` is done, and returns what it gave: the very promise. */
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

/** One per process, as the spans of all that runs in it make one tree. Returns what removes it. */
export const installTracer = (installed: Tracer): (() => void) => {
  if (tracer) throw new Error('There is a tracer already.');
  tracer = installed;
  return () => (tracer = undefined);
};

export const isTracing = (): boolean => tracer !== undefined;

/** Runs `work` as a span. `facts` is asked only while tracing is on. */
export const span = <T>(name: string, facts: () => SpanFacts, work: (span: Span) => T): T =>
  tracer === undefined ? work(NO_SPAN) : tracer.span(name, facts(), work);

/**
 * The same, where it is part of a trace. Calls that nobody asked for, such as polls and probes, would be traces of one
 * span each, without end.
 */
export const childSpan = <T>(name: string | (() => string), facts: () => SpanFacts, work: (span: Span) => T): T => {
  if (tracer?.active() === undefined) return work(NO_SPAN);
  return tracer.span(typeof name === 'string' ? name : name(), facts(), work);
};

/** A span that is ended by hand; `undefined` while tracing is off. */
export const beginSpan = (name: string, facts: () => SpanFacts): OpenSpan | undefined => tracer?.begin(name, facts());

/** Starts what goes on for longer than the request that happens to start it: outside of its trace and of its deadline. */
export const detached = <T>(work: () => T): T => apart(() => (tracer === undefined ? work() : tracer.detached(work)));

/** The span that runs now; `undefined` outside of one, and while tracing is off. */
export const activeSpan = (): ActiveSpan | undefined => tracer?.active();

/** The W3C `traceparent` of the span that runs now. */
export const activeTraceparent = (): string | undefined => tracer?.active()?.traceparent;

/** The header for a request that goes out within `span`; nothing while tracing is off. */
export const traceHeaders = ({ traceparent }: Span): Readonly<Record<string, string>> =>
  traceparent === undefined ? NO_HEADERS : { traceparent };

const NO_HEADERS = {};

/** `server.address` and `server.port` of a URL. */
export const addressOf = (url: string): Attributes => {
  const { hostname, port, protocol } = new URL(url);
  const standard = protocol === 'https:' ? 443 : 80;
  return { 'server.address': hostname, 'server.port': port === '' ? standard : Number(port) };
};
