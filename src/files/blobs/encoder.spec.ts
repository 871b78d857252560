import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { ContentEncoder } from './encoder';
import { CHUNK_BYTES, chunkCount, isChunk, storedLength, storedOffset, type BlobLayout } from './layout';
import { decompressFrame, prepareZstd, rawFrame } from './zstd';

const MIB = 1024 * 1024;
const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

const encode = async (
  content: Buffer,
  compressing: boolean,
  step: number,
): Promise<{ layout: BlobLayout; stored: Buffer }> => {
  const encoder = new ContentEncoder(compressing);
  await encoder.prepare();
  const stored: Buffer[] = [];
  for (let at = 0; at < content.length; at += step) {
    for (const chunk of encoder.push(content.subarray(at, at + step))) stored.push(Buffer.from(chunk));
  }
  for (const chunk of encoder.end()) stored.push(Buffer.from(chunk));
  return { layout: encoder.layout(), stored: Buffer.concat(stored) };
};

const decode = ({ layout, stored }: { layout: BlobLayout; stored: Buffer }): Buffer => {
  const chunks: Buffer[] = [];
  for (let index = 0; index < chunkCount(layout); index += 1) {
    const from = storedOffset(layout, index);
    const piece = stored.subarray(from, from + storedLength(layout, index));
    const content = layout.encoding === 'zstd' ? decompressFrame(piece) : piece;
    if (!content || !isChunk(layout, index, [content])) throw new Error(`chunk ${index} is not what it was`);
    chunks.push(content);
  }
  return Buffer.concat(chunks);
};

/** Half text, half noise, of a length around the borders of chunks. */
const contents = fc
  .tuple(fc.constantFrom(0, 1, 511, 512, 65_536, MIB - 1, MIB, MIB + 1, 2 * MIB, 2 * MIB + 70_000), fc.nat(3))
  .map(([size, kind]) => {
    const noise = randomBytes(size);
    if (kind === 0) return noise;
    const text = Buffer.alloc(size, 'a line of text, and another one\n');
    const cut = kind === 1 ? size : Math.floor(size / kind);
    return Buffer.concat([text.subarray(0, cut), noise.subarray(cut)]);
  });

describe('an encoded content', () => {
  beforeAll(prepareZstd);

  it('is read back as it was, with the hash that it has, however it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(contents, fc.boolean(), fc.constantFrom(7_919, 65_536, 3 * MIB), async (content, zstd, step) => {
        const encoded = await encode(content, zstd, step);
        expect(encoded.layout.sha256.toString('hex')).toBe(sha(content));
        expect(encoded.layout.storedSize).toBe(encoded.stored.length);
        expect(decode(encoded).equals(content)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it('is stored as it is when it would not become smaller', async () => {
    const { layout } = await encode(randomBytes(CHUNK_BYTES), true, CHUNK_BYTES);
    expect(layout.encoding).toBe('none');
  });

  it('costs next to nothing where a later part of it would not', async () => {
    const content = Buffer.concat([Buffer.alloc(MIB, 'text '), randomBytes(MIB)]);
    const { layout } = await encode(content, true, 65_536);
    expect(layout.encoding).toBe('zstd');
    expect(layout.storedSize).toBeLessThan(MIB + 64 * 1024);
  });

  it('has frames of our own making that are read like any other', () => {
    for (const size of [1, 255, 70_000, 128 * 1024, CHUNK_BYTES]) {
      const content = randomBytes(size);
      expect(decompressFrame(rawFrame(content))?.equals(content)).toBe(true);
    }
  });

  it('is not read from frames that claim too much', () => {
    const frame = rawFrame(randomBytes(1_000));
    frame.writeUInt32LE(CHUNK_BYTES + 1, 5);
    expect(decompressFrame(frame)).toBeUndefined();
    expect(decompressFrame(randomBytes(100))).toBeUndefined();
  });
});
