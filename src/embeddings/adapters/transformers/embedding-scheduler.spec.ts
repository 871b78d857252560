import { EmbeddingScheduler } from './embedding-scheduler';
import type { SentenceEncoder } from './sentence-encoder';

/** A fake model: one token a word, a vector that points by the word's first letter, and a log of its passes. */
function fakeEncoder(batchWindows: number): SentenceEncoder & { readonly passes: number[][] } {
  const passes: number[][] = [];
  return {
    dimension: 2,
    windowTokens: 40,
    batchWindows,
    passes,
    tokenise: (text) => text.split(' ').map((word) => (word === 'b' ? 1 : 0)),
    async run(windows) {
      passes.push(windows.map((window) => window.length));
      await Promise.resolve();
      if (windows.some((window) => window.length === 13)) throw new Error('thirteen');
      return windows.map((window) => Float32Array.of(window[0] === 1 ? 0 : 1, window[0] === 1 ? 1 : 0));
    },
  };
}

const words = (count: number): string => Array.from({ length: count }, () => 'a').join(' ');

describe('EmbeddingScheduler', () => {
  function scheduled(batchWindows = 32) {
    const encoder = fakeEncoder(batchWindows);
    const scheduler = new EmbeddingScheduler(encoder);
    const order: number[] = [];
    const submit = (id: number, texts: readonly string[]): Promise<Float32Array> =>
      new Promise((resolve, reject) =>
        scheduler.submit(id, texts, (error, vectors) => {
          order.push(id);
          if (vectors === undefined) reject(error);
          else resolve(vectors);
        }),
      );
    return { encoder, scheduler, submit, order };
  }

  it('lets small requests overtake large ones', async () => {
    const { submit, order } = scheduled();
    const bulk = submit(
      1,
      Array.from({ length: 500 }, () => words(30)),
    );
    await Promise.all([bulk, submit(2, ['a']), submit(3, ['b'])]);
    expect(order).toEqual([2, 3, 1]);
  });

  it('merges concurrent small requests into one pass, and keeps each one its own vector', async () => {
    const { submit, encoder } = scheduled();
    const [one, other] = await Promise.all([submit(1, ['a']), submit(2, ['b b'])]);
    expect([...(one ?? [])]).toEqual([1, 0]);
    expect([...(other ?? [])]).toEqual([0, 1]);
    expect(encoder.passes).toEqual([[1, 2]]);
  });

  it('passes one window at a time through a model whose vectors depend on the batch', async () => {
    const { submit, encoder } = scheduled(1);
    await Promise.all([submit(1, ['a', 'a a']), submit(2, ['b'])]);
    expect(encoder.passes).toEqual([[1], [2], [1]]);
  });

  it('bounds the padded tokens of a pass and sorts by length', async () => {
    const { submit, encoder } = scheduled();
    await submit(
      1,
      Array.from({ length: 60 }, (_, index) => words(index % 2 === 0 ? 30 : 2)),
    );
    expect(encoder.passes.every((pass) => pass.length * Math.max(...pass) <= 320 && pass.length <= 32)).toBe(true);
    expect(encoder.passes[0]).toEqual(Array.from({ length: 30 }, () => 2));
  });

  it('serves large requests in turn, and gives them a share while small ones keep coming', async () => {
    const { submit, order } = scheduled(1);
    const many = submit(
      1,
      Array.from({ length: 50 }, () => 'a'),
    );
    const fewer = submit(
      2,
      Array.from({ length: 5 }, () => 'a'),
    );
    const small = Array.from({ length: 60 }, (_, index) => submit(100 + index, ['a']));
    await Promise.all([many, fewer, ...small]);
    expect(order.indexOf(2)).toBeLessThan(order.indexOf(1));
    expect(order.indexOf(1)).toBe(order.length - 1);
    expect(order.length).toBe(62);
  });

  it('averages the windows of a long text by their length', async () => {
    const { submit } = scheduled();
    const vectors = await submit(1, [`${words(33)} ${'b '.repeat(60).trim()}`]);
    // 93 words in windows of 40 with a step of 20: the first two start with "a", the others with "b".
    const a = 40 + 40;
    const b = 40 + 33;
    expect(vectors[0]).toBeCloseTo(a / Math.hypot(a, b), 5);
    expect(vectors[1]).toBeCloseTo(b / Math.hypot(a, b), 5);
  });

  it('fails only the requests of a failed pass', async () => {
    const { submit } = scheduled(1);
    const outcomes = await Promise.allSettled([submit(1, [words(13)]), submit(2, ['a'])]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'fulfilled']);
  });

  it('forgets a cancelled request', async () => {
    const { scheduler, submit, encoder, order } = scheduled(1);
    void submit(
      1,
      Array.from({ length: 100 }, () => 'a'),
    );
    scheduler.cancel(1);
    await submit(2, ['a']);
    expect(order).toEqual([2]);
    expect(encoder.passes.length).toBe(1);
  });
});
