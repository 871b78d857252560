import { linesOf } from './lines';

const read = async (...chunks: (string | Uint8Array)[]): Promise<string[]> => {
  const bytes = chunks.map((chunk) => (typeof chunk === 'string' ? Buffer.from(chunk) : chunk));
  const lines: string[] = [];
  for await (const line of linesOf(new Response(ReadableStream.from(bytes) as ReadableStream<Uint8Array>)))
    lines.push(line);
  return lines;
};

describe('the lines of an answer', () => {
  it.each([
    ['whole lines', ['a\nb\n'], ['a', 'b']],
    ['a last line without an end', ['a\nb'], ['a', 'b']],
    ['empty lines, as server-sent events need them', ['a\n\nb\n\n'], ['a', '', 'b', '']],
    ['carriage returns', ['a\r', '\nb\r\n'], ['a', 'b']],
    ['lines over several chunks', ['a', 'b', 'c\nd', 'e'], ['abc', 'de']],
    ['characters over several chunks', [Buffer.from('ü€').subarray(0, 3), Buffer.from('ü€').subarray(3)], ['ü€']],
    ['nothing', [], []],
  ])('%s', async (_, chunks, lines) => expect(await read(...chunks)).toEqual(lines));

  it('have a bound', async () => {
    const endless = Array.from({ length: 40 }, () => 'x'.repeat(1024 * 1024));
    await expect(read(...endless)).rejects.toThrow(RangeError);
  });
});
