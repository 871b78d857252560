import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface EmbeddingsRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: {
    readonly model: string;
    readonly input: readonly string[];
    readonly encoding_format?: string;
  } & Record<string, unknown>;
}

export type Script = (request: EmbeddingsRequest, response: ServerResponse, count: number) => void | Promise<void>;

/** An HTTP server on this machine that answers `/v1/embeddings` by a script. */
export class EmbeddingsServer {
  readonly requests: EmbeddingsRequest[] = [];
  private readonly server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as EmbeddingsRequest['body'];
      const request = { path: incoming.url ?? '', headers: incoming.headers, body };
      this.requests.push(request);
      void this.script(request, response, this.requests.length);
    });
  });

  constructor(private readonly script: Script) {}

  /** The base URL. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

export function answerJson(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/** Vectors as OpenAI sends them, in the encoding that was asked for. */
export function answerVectors(
  request: EmbeddingsRequest,
  response: ServerResponse,
  vectors: readonly (readonly number[] | Float32Array)[],
): void {
  const isBase64 = request.body.encoding_format === 'base64';
  const encode = (vector: readonly number[] | Float32Array): unknown =>
    isBase64 ? Buffer.from(Float32Array.from(vector).buffer).toString('base64') : [...vector];
  // The last first: clients must go by the index.
  const data = vectors.map((vector, index) => ({ object: 'embedding', index, embedding: encode(vector) })).reverse();
  answerJson(response, 200, { object: 'list', data, model: request.body.model });
}
