import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { z } from 'zod';
import { vectorOf } from './random';

const embeddingRequest = z.object({ input: z.array(z.string()), model: z.string() });
const chatRequest = z.object({ messages: z.array(z.object({ role: z.string(), content: z.string() })) });
const conversation = z.object({ messages: z.array(z.object({ content: z.string() })) });

/** What is said, and the fact in it that is to be learned. */
export const sayingOf = (n: number): string => `Parcel ${n} lies in locker ${n}`;
export const factOf = (n: number): string => `Somebody put parcel ${n} into locker ${n}.`;
const SAYING = /^Parcel (\d+) lies in locker \d+$/;

/**
 * The models' endpoint, for texts and for chats: it answers at once and always the same. The fault tests are about what
 * happens when it does not, and about the services behind it.
 */
export class ModelsStandIn {
  private constructor(private readonly server: Server) {}

  static async open(dimension: number): Promise<ModelsStandIn> {
    const server = createServer((request, response) => {
      const answer = request.url?.endsWith('/chat/completions') ? complete(request) : embed(request, dimension);
      answer.then(
        (body) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
        () => response.writeHead(400).end(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new ModelsStandIn(server);
  }

  get address(): { host: string; port: number } {
    return { host: '127.0.0.1', port: (this.server.address() as AddressInfo).port };
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

const embed = async (request: IncomingMessage, dimension: number): Promise<unknown> => {
  const { input, model } = embeddingRequest.parse(await json(request));
  return { data: input.map((text, index) => ({ index, embedding: vectorOf(text, dimension) })), model };
};

const complete = async (request: IncomingMessage): Promise<unknown> => {
  const { messages } = chatRequest.parse(await json(request));
  const said = conversation.parse(JSON.parse(messages.at(-1)?.content ?? '{}')).messages;
  const facts = said.flatMap(({ content }, message) => {
    const n = SAYING.exec(content)?.[1];
    return n === undefined ? [] : [learned(Number(n), message)];
  });
  return { choices: [{ message: { role: 'assistant', content: JSON.stringify({ facts }) } }] };
};

const learned = (n: number, message: number): unknown => ({
  content: factOf(n),
  kind: 'fact',
  subject: `parcel ${n}`,
  attribute: 'locker',
  value: `locker ${n}`,
  message,
  confidence: 0.9,
});
