import { EmbeddingProvider } from '../../src/embeddings/embedding-provider.port';

export interface ProviderUnderTest {
  readonly provider: EmbeddingProvider;
  /** Ends what the provider needs; the provider itself is closed by the suite. */
  readonly dispose?: () => Promise<void>;
}

export const cosine = (one: Float32Array, other: Float32Array): number =>
  one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0);

const at = (vectors: readonly Float32Array[], index: number): Float32Array => vectors[index] ?? new Float32Array();

/** What every embedding provider keeps. */
export function embeddingProviderContract(name: string, open: () => Promise<ProviderUnderTest>): void {
  describe(`${name} as an embedding provider`, () => {
    let subject: ProviderUnderTest;
    const embed = (texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]> =>
      subject.provider.embed(subject.provider.defaultModel, texts, signal);

    beforeAll(async () => {
      subject = await open();
    });

    afterAll(async () => {
      await subject.provider.close();
      await subject.dispose?.();
    });

    it('finds its default model by name, and no other', () => {
      const { provider } = subject;
      expect(provider.find(provider.defaultModel.name)).toEqual(provider.defaultModel);
      expect(provider.find('no-such-model')).toBeUndefined();
      expect(provider.find('../../etc')).toBeUndefined();
    });

    it('embeds by meaning', async () => {
      const vectors = await embed(['cat', 'kitten', 'carburetor']);
      expect(cosine(at(vectors, 0), at(vectors, 1))).toBeGreaterThan(cosine(at(vectors, 0), at(vectors, 2)));
    });

    it('gives one vector of unit length and the model’s dimension for each text, in order', async () => {
      const texts = Array.from({ length: 70 }, (_, index) => `${'padding '.repeat((index * 7) % 20)}number ${index}`);
      const vectors = await embed(texts);
      expect(vectors.length).toBe(texts.length);
      for (const vector of vectors) {
        expect(vector).toBeInstanceOf(Float32Array);
        expect(vector.length).toBe(subject.provider.defaultModel.dimension);
        expect(Math.abs(cosine(vector, vector) - 1)).toBeLessThan(1e-4);
      }
      const [alone] = await embed([texts[33] ?? '']);
      expect(cosine(alone ?? new Float32Array(), at(vectors, 33))).toBeGreaterThan(0.99999);
    });

    it('answers an empty batch with nothing', async () => {
      expect(await embed([])).toEqual([]);
    });

    it('embeds odd texts', async () => {
      const vectors = await embed(['', ' ', '\n', '日本語のテキスト', '😀'.repeat(300), 'x'.repeat(5000), '\u0000']);
      expect(vectors.every((vector) => vector.every(Number.isFinite))).toBe(true);
    });

    it('does not cut a long text: its end counts as its beginning does', async () => {
      const cats = 'The cat and her kitten sleep on the warm sofa. '.repeat(250);
      const engines = 'The engine of the car needs a new carburetor. '.repeat(277);
      const [both, first, second] = await embed([cats + engines, cats, engines]);
      const [one, other, whole] = [first, second, both].map((vector) => vector ?? new Float32Array());
      const mean = Float32Array.from(one ?? [], (value, index) => value + (other?.[index] ?? 0));
      const length = Math.sqrt(cosine(mean, mean));
      expect(cosine(whole ?? mean, mean) / length).toBeGreaterThan(0.98);
    });

    it('serves concurrent requests', async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => embed([`request ${index}`])));
      const together = await embed(Array.from({ length: 20 }, (_, index) => `request ${index}`));
      answers.forEach((answer, index) => expect(cosine(at(answer, 0), at(together, index))).toBeGreaterThan(0.99999));
    });

    it('stops when it is aborted, before and during the call', async () => {
      const reason = new Error('the caller went away');
      await expect(embed(['cat'], AbortSignal.abort(reason))).rejects.toBe(reason);
      const controller = new AbortController();
      const answer = embed(
        Array.from({ length: 500 }, (_, index) => `a text of some length, number ${index}`),
        controller.signal,
      );
      controller.abort(reason);
      await expect(answer).rejects.toBe(reason);
      expect((await embed(['still serving'])).length).toBe(1);
    });

    it('refuses a model that it does not serve, and another revision or dimension of its own', async () => {
      const { provider } = subject;
      const model = provider.defaultModel;
      for (const wrong of [{ name: 'other' }, { revision: 'other' }, { dimension: model.dimension + 1 }]) {
        const embedded = provider.embed({ ...model, ...wrong }, ['cat']);
        await expect(embedded).rejects.toMatchObject({ code: 'conflict', status: 409 });
      }
    });
  });
}
