import { Cutter } from './cutter';

const LONG = Array.from({ length: 5_000 }, (_, line) => `Line ${line} of a file with many chunks.`).join('\n');
const file = { bytes: Buffer.from(LONG), filename: 'long.txt', chunkTokens: 100, overlapTokens: 0, from: 0 };

describe('the cutter', () => {
  const cutter = new Cutter();
  const { signal } = new AbortController();
  afterEach(async () => await cutter.close());

  it('gives all chunks of a file', async () => {
    const chunks: string[] = [];
    for await (const texts of cutter.cut(file, signal)) chunks.push(...texts);
    expect(chunks.length).toBeGreaterThan(32);
    expect(chunks.at(-1)).toContain('Line 4999 ');
  });

  it('rejects when the thread ended between two answers: the file is not cut short', async () => {
    const cut = async (): Promise<void> => {
      for await (const texts of cutter.cut(file, signal)) if (texts.length > 0) await cutter.close();
    };
    await expect(cut()).rejects.toThrow('ended between two answers');
  });
});
