import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { TransformersEmbeddingProvider } from '../../src/embeddings/adapters/transformers/transformers.embedding-provider';
import { ModelThread } from '../../src/embeddings/adapters/transformers/model-thread';
import { readModelFolder } from '../../src/embeddings/adapters/transformers/model-folder';
import { offlineModel } from '../support/offline-model';
import { cosine, embeddingProviderContract } from './embedding-provider.contract';

const open = (): TransformersEmbeddingProvider => new TransformersEmbeddingProvider(offlineModel());

embeddingProviderContract('Transformers.js', () => Promise.resolve({ provider: open() }));

describe('Transformers.js', () => {
  let provider: TransformersEmbeddingProvider;
  const embed = (texts: readonly string[]): Promise<Float32Array[]> => provider.embed(provider.defaultModel, texts);

  beforeEach(() => {
    provider = open();
  });

  afterEach(async () => {
    jest.restoreAllMocks();
    await provider.close();
  });

  it('answers a short request while a large one waits', async () => {
    const order: string[] = [];
    const bulk = embed(Array.from({ length: 300 }, (_, index) => `a record of a large import, number ${index}`));
    await Promise.all([bulk.then(() => order.push('bulk')), embed(['a search']).then(() => order.push('search'))]);
    expect(order).toEqual(['search', 'bulk']);
  });

  it('gives a text the same vector whatever is embedded beside it', async () => {
    const [alone] = await embed(['The cat sat on the mat']);
    const among = await embed(['carburetor', 'The cat sat on the mat', 'a much longer sentence about something else']);
    expect(among[1]).toEqual(alone);
  });

  it('rejects what waits when its thread dies, and starts another for the next request', async () => {
    const post = jest.spyOn(Worker.prototype, 'postMessage');
    const workers = (): Worker[] => post.mock.contexts as Worker[];
    const [before] = await embed(['cat']);
    const bulk = Array.from({ length: 200 }, (_, index) => (index === 0 ? 'cat' : `text ${index}`));
    const refused = expect(embed(bulk)).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    // Ended by a stranger, between two passes: inside of one it would take the process with it.
    workers().at(-1)?.postMessage({ kind: 'end' });
    await refused;
    const [after] = await embed(bulk);
    expect(cosine(before ?? new Float32Array(), after ?? new Float32Array())).toBeGreaterThan(0.99999);
    // One for short requests, and two, one after the other, for bulk.
    expect(new Set(workers()).size).toBe(3);
  });

  it('ends a thread that has nothing to do, and starts another for the next request', async () => {
    const { modelsDir, model } = offlineModel();
    const folder = readModelFolder(modelsDir, model);
    if (!folder) throw new Error('The offline model is missing.');
    const { dtype, windowTokens, pooling } = folder;
    const settings = { modelsDir, name: model, dtype, windowTokens, pooling, dimension: 384, threads: 1, niceness: 5 };
    const post = jest.spyOn(Worker.prototype, 'postMessage');
    const thread = new ModelThread(settings, 1);
    const before = await thread.embed(['cat']);
    const ended = once(post.mock.contexts[0] as Worker, 'exit');
    // What only waits does not keep a process alive, nor this test.
    const awake = setInterval(() => undefined, 1_000);
    await ended;
    clearInterval(awake);
    expect(thread.diedOf).toBeUndefined();
    expect(await thread.embed(['cat'])).toEqual(before);
    await thread.close();
  });

  it('is unavailable once it is closed', async () => {
    await provider.close();
    await expect(embed(['cat'])).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('names the folder when the configured model is not there', () => {
    expect(() => new TransformersEmbeddingProvider({ ...offlineModel(), model: 'nothing' })).toThrow(/"nothing"/);
  });
});
