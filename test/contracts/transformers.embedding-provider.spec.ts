import { Worker } from 'node:worker_threads';
import { TransformersEmbeddingProvider } from '../../src/embeddings/adapters/transformers/transformers.embedding-provider';
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
    await workers().at(-1)?.terminate();
    await refused;
    const [after] = await embed(bulk);
    expect(cosine(before ?? new Float32Array(), after ?? new Float32Array())).toBeGreaterThan(0.99999);
    expect(new Set(workers()).size).toBe(2);
  });

  it('gives searches and bulk the same thread, and so the memory of one model', async () => {
    const post = jest.spyOn(Worker.prototype, 'postMessage');
    const bulk = Array.from({ length: 50 }, (_, index) => `text ${index} of a large import`);
    const [[alone], among] = await Promise.all([embed([bulk[7] ?? '']), embed(bulk)]);
    expect(among[7]).toEqual(alone);
    expect(new Set(post.mock.contexts).size).toBe(1);
  });

  it('is unavailable once it is closed', async () => {
    await provider.close();
    await expect(embed(['cat'])).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('names the folder when the configured model is not there', () => {
    expect(() => new TransformersEmbeddingProvider({ ...offlineModel(), model: 'nothing' })).toThrow(/"nothing"/);
  });
});
