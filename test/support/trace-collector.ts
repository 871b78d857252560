import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as a collector gets it. */
export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly string[];
  readonly events: readonly string[];
  readonly isFailed: boolean;
  readonly startNs: bigint;
  readonly endNs: bigint;
}

type Value = Record<string, unknown> & { arrayValue?: { values?: Value[] } };
type Attributes = readonly { key: string; value: Value }[];

interface WireSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes?: Attributes;
  readonly links?: readonly { traceId: string; spanId: string }[];
  readonly events?: readonly { name: string }[];
  readonly status?: { code?: number };
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
}

interface WireBatch {
  readonly resourceSpans: readonly {
    readonly resource: { attributes: Attributes };
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[];
  }[];
}

/** An OpenTelemetry collector for OTLP over HTTP with JSON, which keeps what it gets. */
export class TraceCollector {
  readonly spans: CollectedSpan[] = [];
  readonly headers: IncomingHttpHeaders[] = [];
  resource: Readonly<Record<string, unknown>> = {};
  /** The status of the next answers; 0: none at all. */
  status = 200;
  private readonly server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      this.headers.push(request.headers);
      if (this.status === 0) return;
      if (this.status === 200) this.keep(JSON.parse(body) as WireBatch);
      response.writeHead(this.status, { 'content-type': 'application/json' }).end('{}');
    });
  });

  static async start(): Promise<TraceCollector> {
    const collector = new TraceCollector();
    await new Promise<void>((resolve) => collector.server.listen(0, '127.0.0.1', resolve));
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  named(name: string): CollectedSpan[] {
    return this.spans.filter((span) => span.name === name);
  }

  childrenOf(parent: CollectedSpan): CollectedSpan[] {
    return this.spans.filter(({ parentSpanId }) => parentSpanId === parent.spanId);
  }

  /** The names of a trace as an indented tree, siblings in the order in which they began. */
  tree(root: CollectedSpan, depth = 0): string[] {
    const children = this.childrenOf(root).sort((a, b) => Number(a.startNs - b.startNs));
    return [`${'  '.repeat(depth)}${root.name}`, ...children.flatMap((child) => this.tree(child, depth + 1))];
  }

  /** The first span below `root` of that name. */
  below(root: CollectedSpan, name: string): CollectedSpan | undefined {
    for (const child of this.childrenOf(root)) {
      const found = child.name === name ? child : this.below(child, name);
      if (found) return found;
    }
    return undefined;
  }

  private keep({ resourceSpans }: WireBatch): void {
    for (const { resource, scopeSpans } of resourceSpans) {
      this.resource = plain(resource.attributes);
      for (const { spans } of scopeSpans) this.spans.push(...spans.map(collected));
    }
  }
}

const collected = (span: WireSpan): CollectedSpan => ({
  traceId: span.traceId,
  spanId: span.spanId,
  parentSpanId: span.parentSpanId === '' ? undefined : span.parentSpanId,
  name: span.name,
  kind: span.kind,
  attributes: plain(span.attributes ?? []),
  links: (span.links ?? []).map(({ traceId, spanId }) => `${traceId}/${spanId}`),
  events: (span.events ?? []).map(({ name }) => name),
  isFailed: span.status?.code === 2,
  startNs: BigInt(span.startTimeUnixNano),
  endNs: BigInt(span.endTimeUnixNano),
});

const plain = (attributes: Attributes): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, plainValue(value)]));

const plainValue = (value: Value): unknown =>
  value.arrayValue ? (value.arrayValue.values ?? []).map(plainValue) : Object.values(value)[0];
