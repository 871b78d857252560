import { randomBytes } from 'node:crypto';
import { PART_BYTES } from '../file-store.port';
import { PartBuffers } from './part-buffers';
import { PartCutter } from './parts';
import { Tee } from './tee';

const all = async (tee: Tee): Promise<Buffer> => {
  const parts: Buffer[] = [];
  for await (const part of tee.parts()) parts.push(part);
  return Buffer.concat(parts);
};

describe('a tee', () => {
  it.each([0, 1, PART_BYTES, PART_BYTES + 1, 2 * PART_BYTES + 5])('gives back %i bytes', async (size) => {
    const content = randomBytes(size);
    const tee = new Tee(4 * PART_BYTES);
    const cutter = new PartCutter(new PartBuffers());
    for (const part of cutter.push(content)) await tee.write(part);
    const rest = cutter.remainder();
    if (rest.length > 0) await tee.write(rest);
    expect(tee.isWhole).toBe(true);
    expect((await all(tee)).equals(content)).toBe(true);
    await tee.discard();
  });

  it('is of no use for more than it may hold, nor once it was dropped', async () => {
    const tee = new Tee(100);
    await tee.write(randomBytes(60));
    await tee.write(randomBytes(60));
    expect(tee.isWhole).toBe(false);
    await tee.write(randomBytes(1));
    expect(tee.isWhole).toBe(false);
  });
});

describe('a cutter of parts', () => {
  it('gives parts of one size whatever comes by', () => {
    const content = randomBytes(2 * PART_BYTES + 123);
    for (const step of [65_535, PART_BYTES, 3 * PART_BYTES]) {
      const cutter = new PartCutter(new PartBuffers());
      const parts: Buffer[] = [];
      for (let at = 0; at < content.length; at += step) parts.push(...cutter.push(content.subarray(at, at + step)));
      expect(parts.map(({ length }) => length)).toEqual([PART_BYTES, PART_BYTES]);
      expect(Buffer.concat([...parts, cutter.remainder()]).equals(content)).toBe(true);
    }
  });

  it('takes a part again when it was given back by all who use it, and no sooner', () => {
    const buffers = new PartBuffers();
    const cutter = new PartCutter(buffers);
    const content = randomBytes(3 * PART_BYTES);
    const [first] = cutter.push(content.subarray(0, PART_BYTES));
    const release = buffers.sharedBy(2, first as Buffer);
    release();
    const [second] = cutter.push(content.subarray(PART_BYTES, 2 * PART_BYTES));
    expect((first as Buffer).equals(content.subarray(0, PART_BYTES))).toBe(true);
    release();
    const [third] = cutter.push(content.subarray(2 * PART_BYTES));
    expect((second as Buffer).equals(content.subarray(PART_BYTES, 2 * PART_BYTES))).toBe(true);
    expect((third as Buffer).equals(content.subarray(2 * PART_BYTES))).toBe(true);
    expect(third).toBe(first);
  });
});
