import { Pool } from 'undici';
import { isServiceFault, type ServiceFault } from '../../../common/service-fault';
import { addressOf, childSpan, traceHeaders, type SpanFacts } from '../../../common/tracing';
import { abortFault, connectionFault, isConnectionFault, shapeFault, statusFault, type CallFacts } from './errors';
import type { Schemas } from './qdrant-schemas';
import { Aborted, exchange, type HttpAnswer, type HttpRequest } from './http-exchange';
import { connectOf, type PeerTls } from '../../../common/tls';
import { withoutTrailingSlashes } from '../../../common/trim-end';
import { FairSlots } from '../../../common/fair-slots';

export interface QdrantClientOptions {
  /** The nodes of one cluster, `http(s)://host:port[/path]`; asked in turn while connections to the first fail. */
  readonly urls: readonly string[];
  readonly apiKey?: string | undefined;
  /** Connections to each node. Default 32. */
  readonly connections?: number;
  /** Milliseconds to connect to a node. Default 1,000. */
  readonly connectTimeoutMs?: number;
  readonly tls?: PeerTls | undefined;
}

/** As JSON text where it is written by hand, because of its vectors. */
type QdrantBody =
  | string
  | Schemas['CountRequest']
  | Schemas['PointRequest']
  | Schemas['PointsList']
  | Schemas['PointsSelector']
  | Schemas['QueryRequest']
  | Schemas['ScrollRequest'];

export interface QdrantCall {
  readonly method: HttpRequest['method'];
  /** With its query string; names in it are ours and need no escaping. */
  readonly path: string;
  readonly body?: QdrantBody | undefined;
  readonly signal: AbortSignal;
  /** Whether it changes something: then a broken answer leaves open whether it did. */
  readonly isWrite?: boolean;
}

/** The last bound of a call whose signal never fires. */
const MAX_SILENCE_MS = 120_000;
/** A page of records with their vectors; far more than a search answers. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;
const MAX_DETAIL = 300;

interface Node {
  readonly pool: Pool;
  /**
   * As many as the pool has connections. Its own queue keeps who gave up: their turn would take a connection and break it,
   * so that after a hundred calls that hung the next one would wait for a hundred connections.
   */
  readonly slots: FairSlots<'any'>;
  readonly endpoint: string;
  readonly basePath: string;
}

/**
 * Reads and writes points over Qdrant's REST protocol: each call on its own signal, which Qdrant's client has no place
 * for. That client administrates (`QdrantAdmin`), over the connections of this one. Every failure is a `ServiceFault`.
 */
export class QdrantClient {
  private readonly nodes: readonly Node[];
  private readonly headers: Readonly<Record<string, string>>;
  private readonly apiKey: string | undefined;
  /** The node that answered last. */
  private current = 0;

  constructor(options: QdrantClientOptions) {
    if (options.urls.length === 0) throw new Error('A Qdrant client needs at least one URL.');
    this.nodes = options.urls.map((url) => openNode(url, options));
    this.apiKey = options.apiKey;
    this.headers = {
      'content-type': 'application/json',
      ...(options.apiKey === undefined ? {} : { 'api-key': options.apiKey }),
    };
  }

  /** Where the nodes are, without credentials. */
  get endpoints(): readonly string[] {
    return this.nodes.map((node) => node.endpoint);
  }

  /** The `result` of the answer. */
  async call(call: QdrantCall): Promise<unknown> {
    const { facts, answer } = await this.send(call);
    const parsed = parse(answer.body, facts);
    if (!('result' in parsed)) throw shapeFault('something without a result', facts);
    return parsed.result;
  }

  /** A write of points that was waited for. Rejects unless it is completed. */
  async write(call: QdrantCall): Promise<void> {
    const result = await this.call({ ...call, isWrite: true });
    const status = typeof result === 'object' && result !== null && 'status' in result ? result.status : undefined;
    if (status === 'completed') return;
    const facts = this.facts(this.node(this.current), { ...call, isWrite: true });
    throw shapeFault(`"${String(status)}" instead of "completed"`, facts);
  }

  /** The answer with status 200, not yet read. */
  async send(call: QdrantCall): Promise<{ facts: CallFacts; answer: HttpAnswer }> {
    const body = call.body === undefined ? undefined : encode(call.body);
    const first = this.current;
    let retries = 1;
    for (let tried = 0; ; tried++) {
      const index = (first + tried) % this.nodes.length;
      const node = this.node(index);
      try {
        const answer = await this.traced(node, call, body);
        this.current = index;
        return { facts: this.facts(node, call), answer };
      } catch (error) {
        if (!isServiceFault(error)) throw error;
        // The next call starts elsewhere: a node that hangs would cost each of them its whole time.
        if (error.kind === 'timeout' && this.nodes.length > 1) this.current = (index + 1) % this.nodes.length;
        if (call.signal.aborted) throw error;
        if (isConnectionFault(error) && tried + 1 < this.nodes.length) continue;
        // A kept connection that the server closed in the meantime. All our calls may be repeated.
        if (error.kind === 'reset' && retries-- > 0) continue;
        throw error;
      }
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.pool.destroy()));
  }

  private async traced(node: Node, call: QdrantCall, body: string | undefined): Promise<HttpAnswer> {
    return await childSpan(
      () => `${call.method} ${templateOf(call.path)}`,
      () => spanFacts(node, call),
      (span) => this.attempt(node, call, body, traceHeaders(span)),
    );
  }

  private async attempt(
    node: Node,
    call: QdrantCall,
    body: string | undefined,
    trace: Readonly<Record<string, string>>,
  ): Promise<HttpAnswer> {
    const headers = { ...this.headers, ...trace };
    const request = { method: call.method, path: node.basePath + call.path, body, headers };
    let answer: HttpAnswer;
    try {
      answer = await node.slots.run(
        'any',
        () => exchange(node.pool, request, call.signal, MAX_ANSWER_BYTES),
        call.signal,
      );
    } catch (error) {
      throw this.faultOf(error, call.signal, this.facts(node, call));
    }
    if (answer.status === 200) return answer;
    const detail = this.redact(detailOf(answer.body));
    throw statusFault(answer.status, detail, retryAfterMs(answer.retryAfter), this.facts(node, call));
  }

  private faultOf(error: unknown, { aborted, reason }: AbortSignal, facts: CallFacts): ServiceFault {
    const isAborted = error instanceof Aborted || (aborted && error === reason);
    return isAborted ? abortFault(reason, facts) : connectionFault(error, facts);
  }

  private facts(node: Node, call: QdrantCall): CallFacts {
    return {
      endpoint: node.endpoint,
      call: `${call.method} ${call.path.split('?')[0] ?? ''}`,
      isWrite: call.isWrite ?? false,
    };
  }

  private node(index: number): Node {
    const node = this.nodes[index];
    if (!node) throw new Error(`There is no node ${index}.`);
    return node;
  }

  private redact(text: string): string {
    return this.apiKey === undefined || this.apiKey === '' ? text : text.replaceAll(this.apiKey, '***');
  }
}

function openNode(url: string, options: QdrantClientOptions): Node {
  const { origin, pathname } = new URL(url);
  const connections = options.connections ?? 32;
  const pool = new Pool(origin, {
    connections,
    pipelining: 1,
    connect: connectOf(options.tls, options.connectTimeoutMs ?? 1_000),
    headersTimeout: MAX_SILENCE_MS,
    bodyTimeout: MAX_SILENCE_MS,
    // Shorter than any server or proxy keeps an idle connection.
    keepAliveTimeout: 4_000,
  });
  return { pool, slots: new FairSlots(connections), endpoint: origin, basePath: withoutTrailingSlashes(pathname) };
}

const COLLECTION = /^\/collections\/([^/?]+)/;

/** The path without what varies. */
const templateOf = (path: string): string =>
  (path.split('?')[0] ?? '').replace(COLLECTION, '/collections/{collection}');

const spanFacts = ({ endpoint }: Node, { method, path }: QdrantCall): SpanFacts => ({
  kind: 'client',
  attributes: {
    'db.system.name': 'qdrant',
    // Ours, made of the collection's number.
    'db.collection.name': COLLECTION.exec(path)?.[1],
    'http.request.method': method,
    'url.template': templateOf(path),
    ...addressOf(endpoint),
  },
});

const encode = (body: QdrantBody): string => (typeof body === 'string' ? body : JSON.stringify(body));

function parse(body: string, facts: CallFacts): object {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch (error) {
    throw shapeFault('broken JSON', facts, error);
  }
  if (typeof parsed !== 'object' || parsed === null) throw shapeFault('no JSON object', facts);
  return parsed;
}

/** The server's own sentence: `{"status": {"error": "…"}}`, or a few words of whatever it is. */
function detailOf(body: string): string {
  try {
    const { status } = JSON.parse(body) as { status?: { error?: unknown } };
    return typeof status?.error === 'string' ? status.error.slice(0, MAX_DETAIL) : '';
  } catch {
    return '';
  }
}

/** Seconds or a date. */
function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+(\.\d+)?$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
