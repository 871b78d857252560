import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { gunzipped, GzipFault } from './gunzip';

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}

async function read(bytes: Buffer, size = 1_000): Promise<{ text: string; fault: unknown }> {
  const chunks: Buffer[] = [];
  let fault: unknown;
  try {
    for await (const chunk of gunzipped(inPieces(bytes, size))) chunks.push(chunk);
  } catch (error) {
    fault = error;
  }
  return { text: Buffer.concat(chunks).toString(), fault };
}

describe('gunzipped', () => {
  const text = Array.from({ length: 3_000 }, (_, line) => `${line} ${randomBytes(8).toString('hex')}\n`).join('');
  const whole = gzipSync(text);

  it.each([1, 10, 1_000, 1e6])('inflates what arrives in pieces of %i bytes', async (size) => {
    expect(await read(size === 1 ? gzipSync(text.slice(0, 900)) : whole, size)).toEqual({
      text: size === 1 ? text.slice(0, 900) : text,
      fault: undefined,
    });
  });

  it('inflates several members', async () => {
    expect(await read(Buffer.concat([whole, gzipSync('more')]))).toEqual({ text: `${text}more`, fault: undefined });
  });

  it.each([0.1, 0.5, 0.9])('yields all that came before the end of data that is cut off at %d', async (part) => {
    const { text: got, fault } = await read(whole.subarray(0, whole.length * part), 1e6);
    expect(text.startsWith(got)).toBe(true);
    expect(got.length).toBeGreaterThan(text.length * (part - 0.1));
    expect(fault).toMatchObject({ name: 'GzipFault', isCutOff: true });
  });

  it.each([1, 4, 7])('notices that the last %i bytes are missing', async (bytes) => {
    expect(await read(whole.subarray(0, -bytes))).toMatchObject({ text, fault: { isCutOff: true } });
  });

  it('notices that the second member is cut off', async () => {
    const bytes = Buffer.concat([whole, gzipSync(text).subarray(0, 500)]);
    expect((await read(bytes)).fault).toMatchObject({ isCutOff: true });
  });

  it('tells damage from an early end', async () => {
    const damaged = Buffer.from(whole);
    damaged.fill(0xff, 20_000, 20_100);
    expect((await read(damaged)).fault).toMatchObject({ isCutOff: false });
    expect((await read(Buffer.from('plain'))).fault).toBeInstanceOf(GzipFault);
  });

  it('can be left early', async () => {
    for await (const chunk of gunzipped(inPieces(whole, 100))) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
  });
});
