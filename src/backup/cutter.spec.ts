import { Cutter, linesOf, MAX_CHUNK_BYTES } from './cutter';

const rows = (count: number, size = 400): string[] =>
  Array.from({ length: count }, (_, i) => `${i}:${String(i * 7919).repeat(size)}`.slice(0, size));

const cut = (lines: readonly string[]): Buffer[] => {
  const cutter = new Cutter();
  return [...lines.flatMap((line) => cutter.add(line)), ...cutter.end()];
};

const joined = async (chunks: readonly Buffer[]): Promise<string[]> => {
  const lines: string[] = [];
  async function* source(): AsyncGenerator<Buffer> {
    for (const chunk of chunks) yield await Promise.resolve(chunk);
  }
  for await (const line of linesOf(source())) lines.push(line);
  return lines;
};

describe('Cutter', () => {
  it('loses no line, whatever its length', async () => {
    const lines = [...rows(500), 'x'.repeat(3 * MAX_CHUNK_BYTES + 5), '', 'ü'.repeat(400_000), 'end'];
    expect(await joined(cut(lines))).toEqual(lines);
    expect(Math.max(...cut(lines).map(({ length }) => length))).toBeLessThanOrEqual(MAX_CHUNK_BYTES);
  });

  it('cuts into chunks of about 8 KiB', () => {
    const mean = (rows(5_000).join('\n').length / cut(rows(5_000)).length) | 0;
    expect(mean).toBeGreaterThan(5_000);
    expect(mean).toBeLessThan(12_000);
  });

  it.each([
    ['inserted', (lines: string[]) => lines.splice(2_500, 0, 'a new line')],
    ['removed', (lines: string[]) => lines.splice(2_500, 1)],
    ['changed', (lines: string[]) => lines.splice(2_500, 1, 'another line')],
  ])('leaves other chunks as they are when a line is %s', (_, change) => {
    const lines = rows(5_000);
    const before = new Set(cut(lines).map(String));
    change(lines);
    const fresh = cut(lines).filter((chunk) => !before.has(String(chunk)));
    expect(fresh.length).toBeLessThanOrEqual(2);
  });

  it('makes nothing of nothing', () => {
    expect(cut([])).toEqual([]);
  });
});
