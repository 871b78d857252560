import { setTimeout as pause } from 'node:timers/promises';
import { Agent, request, type Dispatcher } from 'undici';
import { ZeroDbError } from '../../../common/errors';
import { addressOf, childSpan, traceHeaders, type Span, type SpanFacts } from '../../../common/tracing';
import { connectOf, type PeerTls } from '../../../common/tls';
import { withoutTrailingSlashes } from '../../../common/trim-end';
import { AttemptFailure, failureOf, faultOf, providerUnavailable } from './errors';
import { readDetail, readVectors } from './response';

export interface EmbeddingsClientOptions {
  readonly baseUrl: string;
  readonly apiKey?: string | undefined;
  readonly model: string;
  readonly dimension: number;
  readonly sendDimensions?: boolean | undefined;
  readonly timeoutMs: number;
  readonly tls?: PeerTls | undefined;
}

/** The cheapest thing to embed. */
const CHECK_TEXT = 'ok';

const MAX_RETRIES = 3;
const FIRST_PAUSE_MS = 200;
const MAX_PAUSE_MS = 5_000;

/** A provider that asks for a longer pause is unavailable as far as a waiting caller is concerned. */
const MAX_RETRY_AFTER_MS = 20_000;

/** JSON takes up to some 25 characters a number; the rest is for the envelope. */
const BYTES_PER_NUMBER = 32;
const ENVELOPE_BYTES = 64 * 1024;

type Encoding = 'base64' | 'float';

/** Speaks OpenAI's `/embeddings`, one request for one batch. */
export class EmbeddingsClient {
  private readonly agent: Agent;
  private readonly url: string;
  private encoding: Encoding = 'base64';
  private isClosed = false;

  constructor(private readonly options: EmbeddingsClientOptions) {
    this.url = `${withoutTrailingSlashes(options.baseUrl)}/embeddings`;
    this.agent = new Agent({ connect: connectOf(options.tls, options.timeoutMs), connections: 8 });
  }

  /** Vectors of unit length, in order. Retries what may pass; rejects with `unavailable` when it does not. */
  async embed(texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]> {
    for (let attempt = 0; ; attempt++) {
      signal?.throwIfAborted();
      if (this.isClosed) throw providerUnavailable(new Error('The provider is closed.'));
      try {
        return await this.attempt(texts, signal);
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof ZeroDbError) throw error;
        const pauseMs = pauseBefore(attempt, error);
        if (pauseMs === undefined) throw providerUnavailable(error);
        await pause(pauseMs, undefined, { signal }).catch(() => signal?.throwIfAborted());
      }
    }
  }

  /** One attempt with one short text. Rejects with a `ServiceFault`. */
  async check(signal: AbortSignal): Promise<void> {
    try {
      await this.attempt([CHECK_TEXT], signal);
    } catch (error) {
      const fault = faultOf(error);
      if (fault) throw fault;
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.agent.destroy();
  }

  private async attempt(texts: readonly string[], signal: AbortSignal | undefined): Promise<Float32Array[]> {
    return await childSpan('embeddings', this.spanFacts(texts.length), (span) => this.post(texts, signal, span));
  }

  private spanFacts(texts: number): () => SpanFacts {
    const { model, dimension, baseUrl } = this.options;
    return () => ({
      kind: 'client',
      attributes: {
        'gen_ai.operation.name': 'embeddings',
        'gen_ai.request.model': model,
        'gen_ai.embeddings.dimension.count': dimension,
        'zerodb.texts': texts,
        ...addressOf(baseUrl),
      },
    });
  }

  private async post(texts: readonly string[], signal: AbortSignal | undefined, span: Span): Promise<Float32Array[]> {
    const deadline = AbortSignal.timeout(this.options.timeoutMs);
    const encoding = this.encoding;
    const answer = await request(this.url, {
      method: 'POST',
      dispatcher: this.agent,
      headers: { ...this.headers(), ...traceHeaders(span) },
      body: JSON.stringify(this.body(texts, encoding)),
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
    });
    const maxBytes = texts.length * this.options.dimension * BYTES_PER_NUMBER + ENVELOPE_BYTES;
    const body = await readBody(answer.body, maxBytes);
    if (answer.statusCode === 200) return readVectors(body, texts.length, this.options.dimension);
    const detail = readDetail(body, this.options.apiKey);
    if (encoding === 'base64' && isAboutEncoding(answer.statusCode, detail)) {
      this.encoding = 'float';
      return this.attempt(texts, signal);
    }
    throw failureOf(answer.statusCode, detail, retryAfterMs(answer.headers['retry-after']));
  }

  private headers(): Record<string, string> {
    const { apiKey } = this.options;
    const json = { 'content-type': 'application/json', accept: 'application/json' };
    return apiKey === undefined || apiKey === '' ? json : { ...json, authorization: `Bearer ${apiKey}` };
  }

  private body(texts: readonly string[], encoding: Encoding): Record<string, unknown> {
    const { model, dimension, sendDimensions } = this.options;
    const body = { model, input: texts, encoding_format: encoding };
    return sendDimensions === true ? { ...body, dimensions: dimension } : body;
  }
}

/** Servers that know numbers only refuse the field by its name. */
function isAboutEncoding(status: number, detail: string): boolean {
  return (status === 400 || status === 422) && /encoding.?format|base64/i.test(detail);
}

async function readBody(body: Dispatcher.ResponseData['body'], maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new AttemptFailure(`The embedding provider answered more than ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Full jitter, so that callers who failed together don't come back together; `undefined` when it is time to give up. */
function pauseBefore(attempt: number, error: unknown): number | undefined {
  if (attempt >= MAX_RETRIES) return undefined;
  const asked = error instanceof AttemptFailure ? error.retryAfterMs : undefined;
  if (asked !== undefined && asked > MAX_RETRY_AFTER_MS) return undefined;
  const jitter = Math.random() * Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt);
  return (asked ?? 0) + jitter;
}

/** Seconds or a date. */
function retryAfterMs(header: string | string[] | undefined): number | undefined {
  const value = (Array.isArray(header) ? header[0] : header)?.trim();
  if (value === undefined || value === '') return undefined;
  const ms = /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
