import { lookup as resolve, type LookupAddress, type LookupOptions } from 'node:dns';
import { isIP } from 'node:net';
import { Agent, request } from 'undici';
import { connectOf, type PeerTls } from '../tls';
import { addressOf, childSpan, traceHeaders, type Span, type SpanFacts } from '../tracing';
import { isPrivateAddress } from './addresses';

/** The address may not be called. */
export class AddressRefused extends Error {
  constructor(host: string) {
    super(`"${host}" is a private, loopback or link-local address, which may not be called.`);
    this.name = 'AddressRefused';
  }
}

export interface GuardOptions {
  readonly allowPrivate: boolean;
  readonly tls?: PeerTls | undefined;
  /** For tests. */
  readonly resolve?: typeof resolve;
}

export interface GuardedRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** The `traceparent` of the cause, to which the call's span is linked. */
  readonly cause?: string | undefined;
}

export interface GuardedAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
}

export interface DocumentRequest {
  /** For the whole answer. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

export interface GuardedDocument {
  readonly status: number;
  readonly body: string;
}

type LookupCallback = (error: Error | null, address?: string | LookupAddress[], family?: number) => void;

const MAX_ANSWER_BYTES = 64 * 1024;
const CONNECTIONS = 16;
const CONNECT_MS = 3_000;

/** Why a URL may not be called, judged by its text alone; a name is checked when it is resolved. */
export function urlFault(text: string, { allowPrivate }: Pick<GuardOptions, 'allowPrivate'>): string | undefined {
  if (!URL.canParse(text)) return 'must be a URL';
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'must start with https:// or http://';
  if (url.username || url.password) return 'must not contain a user name or password';
  const host = hostOf(url);
  if (!allowPrivate && isIP(host) !== 0 && isPrivateAddress(host)) return 'must not be a private address';
  if (!allowPrivate && /(^|\.)localhost$/i.test(host)) return 'must not be this host';
  return undefined;
}

/**
 * Calls URLs that users chose. A name is resolved once, every address is checked, and the connection goes to an
 * address that was checked, so that DNS rebinding has no effect. No redirects.
 */
export class GuardedClient {
  private readonly agent: Agent;

  constructor(private readonly options: GuardOptions) {
    this.agent = new Agent({
      connect: connectOf(options.tls, CONNECT_MS, {
        lookup: (host, settings, done) => this.lookup(host, settings, done as LookupCallback),
      }),
      connections: CONNECTIONS,
      keepAliveTimeout: 4_000,
    });
  }

  /** Rejects with `AddressRefused` or a network error. The response body is discarded. */
  async post(url: string, request: GuardedRequest): Promise<GuardedAnswer> {
    if (urlFault(url, this.options)) throw new AddressRefused(hostOf(new URL(url)));
    return await childSpan('POST', spanFacts(url, request.cause), async (span) => {
      const answer = await this.send(url, request, span);
      span.set({ 'http.response.status_code': answer.status });
      if (answer.status >= 400) span.fail(String(answer.status));
      return answer;
    });
  }

  /** GETs a JSON document of at most `maxBytes`. Rejects with `AddressRefused`, a network error, or for a longer answer. */
  async get(url: string, { timeoutMs, maxBytes }: DocumentRequest): Promise<GuardedDocument> {
    if (urlFault(url, this.options)) throw new AddressRefused(hostOf(new URL(url)));
    const answer = await request(url, {
      headers: { accept: 'application/json' },
      dispatcher: this.agent,
      signal: AbortSignal.timeout(timeoutMs),
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw new Error(`The answer has more than ${maxBytes} bytes.`);
      chunks.push(chunk);
    }
    return { status: answer.statusCode, body: Buffer.concat(chunks).toString('utf8') };
  }

  private async send(
    url: string,
    { headers, body, timeoutMs, signal }: GuardedRequest,
    span: Span,
  ): Promise<GuardedAnswer> {
    const limit = AbortSignal.timeout(timeoutMs);
    const answer = await request(url, {
      method: 'POST',
      headers: { ...headers, ...traceHeaders(span) },
      body,
      dispatcher: this.agent,
      signal: signal ? AbortSignal.any([limit, signal]) : limit,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    await answer.body.dump({ limit: MAX_ANSWER_BYTES }).catch(() => undefined);
    const retryAfter = answer.headers['retry-after'];
    return { status: answer.statusCode, retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter };
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }

  private lookup(host: string, { all, family }: LookupOptions, done: LookupCallback): void {
    const settings = { all: true as const, family: family ?? 0, verbatim: true };
    (this.options.resolve ?? resolve)(host, settings, (error, addresses) => {
      if (error) return done(error);
      // One private address among public ones is enough to refuse: which one is used would be random.
      const isRefused = !this.options.allowPrivate && addresses.some(({ address }) => isPrivateAddress(address));
      const [first] = addresses;
      if (isRefused || !first) return done(new AddressRefused(host));
      return all ? done(null, addresses) : done(null, first.address, first.family);
    });
  }
}

/** The host only: paths and queries of such URLs often contain secrets. */
const spanFacts = (url: string, cause: string | undefined) => (): SpanFacts => ({
  kind: 'client',
  links: [cause],
  attributes: { 'http.request.method': 'POST', ...addressOf(url) },
});

const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '');
