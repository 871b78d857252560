import { Agent, fetch, type Response } from 'undici';
import { z } from 'zod';
import { ServiceFault, type ServiceFaultKind } from '../../../common/service-fault';
import { connectOf, type PeerTls } from '../../../common/tls';
import { addressOf, childSpan, traceHeaders, type Span, type SpanFacts } from '../../../common/tracing';
import { ChatModel, type ChatMessage } from '../../extraction/chat-model.port';

export interface OpenAiChatOptions {
  /** With its `/v1`. */
  readonly url: string;
  readonly apiKey?: string | undefined;
  readonly model: string;
  readonly timeoutMs: number;
  readonly tls?: PeerTls | undefined;
}

/** An answer that is longer was not asked for. */
const MAX_ANSWER_BYTES = 1024 * 1024;

const answerSchema = z.object({ choices: z.array(z.object({ message: z.object({ content: z.string() }) })).min(1) });

/** Any OpenAI-compatible chat endpoint. */
export class OpenAiChatModel extends ChatModel {
  private readonly agent: Agent;

  constructor(private readonly options: OpenAiChatOptions) {
    super();
    this.agent = new Agent({ connect: connectOf(options.tls, options.timeoutMs) });
  }

  async complete(messages: readonly ChatMessage[], signal: AbortSignal): Promise<string> {
    return await childSpan('chat', spanFacts(this.options), (span) => this.ask(messages, signal, span));
  }

  private async ask(messages: readonly ChatMessage[], signal: AbortSignal, span: Span): Promise<string> {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(this.options.timeoutMs)]);
    const response = await this.post(messages, deadline, span);
    const body = await read(response, deadline);
    if (!response.ok) throw fault(kindOf(response.status), `The LLM endpoint answered ${response.status}.`);
    const parsed = answerSchema.safeParse(parseJson(body));
    const content = parsed.data?.choices[0]?.message.content;
    if (content === undefined) throw fault('bad_answer', 'The LLM endpoint did not return a completion.');
    return content;
  }

  private async post(messages: readonly ChatMessage[], signal: AbortSignal, span: Span): Promise<Response> {
    const { url, apiKey, model } = this.options;
    try {
      return await fetch(`${url.replace(/\/$/, '')}/chat/completions`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
          ...traceHeaders(span),
        },
        body: JSON.stringify({ model, messages, temperature: 0, response_format: { type: 'json_object' } }),
        signal,
        dispatcher: this.agent,
      });
    } catch (error) {
      throw fault(signal.aborted ? 'timeout' : 'refused', 'The LLM endpoint did not answer.', error);
    }
  }
}

const spanFacts =
  ({ url, model }: OpenAiChatOptions) =>
  (): SpanFacts => ({
    kind: 'client',
    attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': model, ...addressOf(url) },
  });

async function read(response: Response, signal: AbortSignal): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES)
        throw fault('bad_answer', `The LLM endpoint answered more than ${MAX_ANSWER_BYTES} bytes.`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof ServiceFault) throw error;
    throw fault(
      signal.aborted ? 'timeout' : 'reset',
      'The LLM endpoint closed the connection before its answer was complete.',
      error,
    );
  }
  return Buffer.concat(chunks).toString('utf8');
}

const kindOf = (status: number): ServiceFaultKind => {
  if (status === 401 || status === 403) return 'unauthorised';
  if (status === 429) return 'throttled';
  return status >= 500 ? 'server_error' : 'rejected';
};

const fault = (kind: ServiceFaultKind, message: string, cause?: unknown): ServiceFault =>
  new ServiceFault('llm', kind, message, { cause });

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}
