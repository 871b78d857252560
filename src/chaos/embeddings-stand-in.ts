import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { vectorOf } from './random';

/** An embedding provider that answers at once and always the same: the fault tests are about the services behind it. */
export class EmbeddingsStandIn {
  private constructor(private readonly server: Server) {}

  static async open(dimension: number): Promise<EmbeddingsStandIn> {
    const server = createServer((request, response) => {
      void json(request).then((body) => {
        const { input, model } = body as { input: readonly string[]; model: string };
        const data = input.map((text, index) => ({ index, embedding: vectorOf(text, dimension) }));
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ data, model }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new EmbeddingsStandIn(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
