import { GzipFault } from '../common/gunzip';
import { wholeLines } from './streams';

async function* chunks(texts: readonly string[], fault?: Error): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
  if (fault !== undefined) throw fault;
}

const passedOn = async (source: AsyncIterable<Uint8Array>, maxHeld?: number): Promise<[string, unknown[]]> => {
  const parts: Uint8Array[] = [];
  const faults: unknown[] = [];
  for await (const part of wholeLines(source, (fault) => faults.push(fault), maxHeld)) parts.push(part);
  return [Buffer.concat(parts).toString(), faults];
};

describe('whole lines', () => {
  const fault = new GzipFault(true, new Error('it ends early'));

  it('passes everything on, and of what breaks off the whole lines', async () => {
    expect(await passedOn(chunks(['a', 'b\nc', 'd\ne']))).toEqual(['ab\ncd\ne', []]);
    expect(await passedOn(chunks(['a', 'b\nc', 'd\ne'], fault))).toEqual(['ab\ncd\n', [fault]]);
  });

  it('holds no more of a line than a server takes', async () => {
    let pulled = 0;
    const endless = (async function* () {
      for (;;) {
        pulled += 1;
        yield Buffer.from('xxxx');
      }
    })();
    const first = await wholeLines(endless, () => undefined, 10).next();
    expect([Buffer.from(first.value as Uint8Array).toString(), pulled]).toEqual(['xxxx', 3]);
    expect(await passedOn(chunks(['xxxx', 'yyyy', 'zzzz', 'w\n', 'v']), 10)).toEqual(['xxxxyyyyzzzzw\nv', []]);
  });
});
