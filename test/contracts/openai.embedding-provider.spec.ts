import {
  OpenAiEmbeddingProvider,
  type OpenAiOptions,
} from '../../src/embeddings/adapters/openai/openai.embedding-provider';
import { TransformersEmbeddingProvider } from '../../src/embeddings/adapters/transformers/transformers.embedding-provider';
import { answerJson, answerVectors, EmbeddingsServer, type Script } from '../support/embeddings-server';
import { offlineModel } from '../support/offline-model';
import { embeddingProviderContract } from './embedding-provider.contract';

const settings = { apiKey: 'sk-secret-key', model: 'tiny', dimension: 3, timeoutMs: 500, batchSize: 4 };

/** A real model behind the endpoint, so that meaning can be compared. */
embeddingProviderContract('OpenAI-compatible', async () => {
  const model = new TransformersEmbeddingProvider(offlineModel());
  const server = new EmbeddingsServer(async (request, response) => {
    answerVectors(request, response, await model.embed(model.defaultModel, request.body.input));
  });
  const options = { ...settings, dimension: 384, batchSize: 64, timeoutMs: 30_000, windowTokens: 400 };
  const provider = new OpenAiEmbeddingProvider({ ...options, baseUrl: await server.listen() });
  const dispose = async (): Promise<void> => {
    await server.close();
    await model.close();
  };
  return { provider, dispose };
});

describe('OpenAI-compatible', () => {
  const closers: (() => Promise<void>)[] = [];

  afterEach(async () => {
    await Promise.all(closers.splice(0).map((close) => close()));
  });

  async function scripted(script: Script, options: Partial<OpenAiOptions> = {}) {
    const server = new EmbeddingsServer(script);
    const provider = new OpenAiEmbeddingProvider({ ...settings, baseUrl: await server.listen(), ...options });
    closers.push(
      () => provider.close(),
      () => server.close(),
    );
    const embed = (texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]> =>
      provider.embed(provider.defaultModel, texts, signal);
    return { server, provider, embed };
  }

  const good: Script = (request, response) =>
    answerVectors(
      request,
      response,
      request.body.input.map((text) => [text.length, 0, 0]),
    );

  const rejection = async (answer: Promise<unknown>): Promise<Error> =>
    answer.then(
      () => new Error('It was answered.'),
      (error: unknown) => error as Error,
    );

  it('sends the key, the model and the texts in batches', async () => {
    const { embed, server } = await scripted(good, { sendDimensions: true });
    const vectors = await embed(['a', 'b', 'c', 'd', 'e']);
    expect(vectors.map((vector) => [...vector])).toEqual(Array.from({ length: 5 }, () => [1, 0, 0]));
    expect(server.requests.map((request) => request.body)).toEqual([
      { model: 'tiny', input: ['a', 'b', 'c', 'd'], encoding_format: 'base64', dimensions: 3 },
      { model: 'tiny', input: ['e'], encoding_format: 'base64', dimensions: 3 },
    ]);
    expect(server.requests[0]).toMatchObject({
      path: '/v1/embeddings',
      headers: { authorization: 'Bearer sk-secret-key' },
    });
  });

  it('falls back to numbers where base64 is not known, and remembers it', async () => {
    const { embed, server } = await scripted((request, response, count) => {
      if (request.body.encoding_format !== 'base64') return good(request, response, count);
      return answerJson(response, 400, { error: { message: 'encoding_format "base64" is not supported' } });
    });
    await embed(['a']);
    await embed(['b']);
    expect(server.requests.map((request) => request.body.encoding_format)).toEqual(['base64', 'float', 'float']);
  });

  it('tries again after a 500, a broken answer and a cut connection', async () => {
    const { embed, server } = await scripted((request, response, count) => {
      if (count === 1) return answerJson(response, 500, {});
      if (count === 2) return void response.writeHead(200).end('{"data": [');
      if (count === 3) return void response.destroy();
      return good(request, response, count);
    });
    expect(await embed(['a'])).toHaveLength(1);
    expect(server.requests).toHaveLength(4);
  });

  it('honours Retry-After', async () => {
    const times: number[] = [];
    const { embed } = await scripted((request, response, count) => {
      times.push(performance.now());
      return count === 1 ? answerJson(response, 429, {}, { 'retry-after': '1' }) : good(request, response, count);
    });
    await embed(['a']);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(990);
  });

  const faults: readonly (readonly [string, Script])[] = [
    ['answers 503', (_, response) => answerJson(response, 503, {})],
    ['asks for an hour', (_, response) => answerJson(response, 429, {}, { 'retry-after': '3600' })],
    ['answers too few vectors', (request, response) => answerVectors(request, response, [])],
    ['answers no direction', (request, response) => answerVectors(request, response, [[0, 0, 0]])],
    ['answers NaN', (request, response) => answerVectors(request, response, [[NaN, 0, 0]])],
    ['answers without end', (_, response) => void response.writeHead(200).end('x'.repeat(1_000_000))],
    ['hangs', () => undefined],
    ['stops in the middle', (_, response) => void response.writeHead(200).write('{"data"')],
  ];

  it.each(faults)('is unavailable when the provider %s', async (_, script) => {
    const { embed } = await scripted(script, { timeoutMs: 200 });
    await expect(embed(['a'])).rejects.toMatchObject({ code: 'unavailable', status: 503, retryable: true });
  });

  it('is unavailable when nobody listens', async () => {
    const { embed, server } = await scripted(good);
    await server.close();
    await expect(embed(['a'])).rejects.toMatchObject({ code: 'unavailable' });
  });

  it.each([
    [401, 'embedding_provider_misconfigured'],
    [403, 'embedding_provider_misconfigured'],
    [404, 'embedding_provider_misconfigured'],
    [400, 'invalid'],
  ])('says what a %d means at once, without the key', async (status, code) => {
    const { embed, server } = await scripted((_, response) =>
      answerJson(response, status, { error: { message: 'Refused: sk-secret-key is no good' } }),
    );
    const error = await rejection(embed(['a']));
    expect(error).toMatchObject({ code });
    expect(JSON.stringify([error, error.message, error.stack])).not.toContain('sk-secret-key');
    expect(server.requests).toHaveLength(1);
  });

  it('says so when the vectors have another dimension than configured', async () => {
    const { embed } = await scripted((request, response) => answerVectors(request, response, [[1, 0]]));
    await expect(embed(['a'])).rejects.toMatchObject({
      code: 'embedding_provider_misconfigured',
      message: expect.stringContaining('2 dimensions instead of 3') as string,
    });
  });

  it('stops a call that hangs when it is aborted', async () => {
    const { embed } = await scripted(() => undefined, { timeoutMs: 60_000 });
    const controller = new AbortController();
    const reason = new Error('the caller went away');
    setTimeout(() => controller.abort(reason), 20);
    expect(await rejection(embed(['a'], controller.signal))).toBe(reason);
  });
});
