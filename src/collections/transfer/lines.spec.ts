import { Readable } from 'node:stream';
import { linesOf, MAX_LINE_BYTES } from './lines';

async function read(chunks: Buffer[]): Promise<[number, string | undefined][]> {
  const lines: [number, string | undefined][] = [];
  for await (const { number, text } of linesOf(Readable.from(chunks))) lines.push([number, text]);
  return lines;
}

it('finds lines wherever the chunks are cut, inside a character too', async () => {
  const bytes = Buffer.from('{"a":"é"}\n\n{"b":2}\r\nlast');
  for (let cut = 1; cut < bytes.length; cut++) {
    const lines = await read([bytes.subarray(0, cut), bytes.subarray(cut)]);
    expect(lines.map(([number, text]) => [number, text?.trim()])).toEqual([
      [1, '{"a":"é"}'],
      [3, '{"b":2}'],
      [4, 'last'],
    ]);
  }
});

it('tells a line that is not UTF-8, and goes on', async () => {
  const bytes = Buffer.concat([Buffer.from('ok\n'), Buffer.from([0xff, 0x0a]), Buffer.from('more')]);
  expect(await read([bytes])).toEqual([
    [1, 'ok'],
    [2, undefined],
    [3, 'more'],
  ]);
});

it('refuses a line without an end before it fills the memory', async () => {
  const chunk = Buffer.alloc(1024 * 1024, 'a');
  const endless = Array.from({ length: MAX_LINE_BYTES / chunk.length + 2 }, () => chunk);
  await expect(read(endless)).rejects.toThrow('longer than');
});
