import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { PART_BYTES, type FileStore } from '../../src/files/file-store.port';

export interface FileStoreUnderTest {
  readonly store: FileStore;
  readonly close: () => Promise<void>;
}

const signal = AbortSignal.timeout(600_000);
const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

const collect = async (bytes: AsyncIterable<Buffer> | undefined): Promise<Buffer | undefined> => {
  if (!bytes) return undefined;
  const pieces: Buffer[] = [];
  for await (const piece of bytes) pieces.push(piece);
  return Buffer.concat(pieces);
};

/** What every store of bytes does, whichever it is. */
export const describeFileStore = (name: string, open: () => Promise<FileStoreUnderTest>): void => {
  describe(`${name} as a store of files`, () => {
    let store: FileStore;
    let close: () => Promise<void>;
    const folder = `p${Math.floor(Math.random() * 1e9)}`;
    const newKey = (): string => `${folder}/${randomUUID()}`;

    beforeAll(async () => {
      ({ store, close } = await open());
      await store.prepare(signal);
    });

    afterAll(async () => {
      for (const { key } of (await store.list(`${folder}/`, { limit: 1000 }, signal)).objects) {
        await store.remove(key, signal);
      }
      store.close();
      await close();
    });

    it('may be prepared again', async () => {
      await store.prepare(signal);
    });

    it.each([0, 1, 1_000, 1024 * 1024 + 1, PART_BYTES])('gives back %d bytes as they were', async (size) => {
      const key = newKey();
      const bytes = randomBytes(size);
      await store.put(key, bytes, signal);
      expect(await store.stat(key, signal)).toBe(size);
      if (size > 0)
        expect(sha((await collect(await store.read(key, 0, size, signal))) ?? Buffer.alloc(0))).toBe(sha(bytes));
    });

    it.each([
      [0, 1],
      [5, 10],
      [1024 * 1024 - 1, 2],
      [1_999_999, 1],
    ])('reads from byte %d, %d of them', async (offset, length) => {
      const key = newKey();
      const bytes = randomBytes(2_000_000);
      await store.put(key, bytes, signal);
      expect(await collect(await store.read(key, offset, length, signal))).toEqual(
        bytes.subarray(offset, offset + length),
      );
    });

    it('says that there is no such object', async () => {
      expect(await store.stat(newKey(), signal)).toBeUndefined();
      expect(await store.read(newKey(), 0, 1, signal)).toBeUndefined();
      await store.remove(newKey(), signal);
    });

    it('takes parts in any order and at once, and shows nothing before they are complete', async () => {
      const key = newKey();
      const parts = [randomBytes(PART_BYTES), randomBytes(PART_BYTES), randomBytes(12_345)];
      const writer = await store.begin(key, signal);
      await Promise.all([2, 0, 1].map((index) => writer.write(index, parts[index] ?? Buffer.alloc(0), signal)));
      expect(await store.stat(key, signal)).toBeUndefined();
      await writer.complete(signal);
      const whole = Buffer.concat(parts);
      expect(await store.stat(key, signal)).toBe(whole.length);
      expect(sha((await collect(await store.read(key, 0, whole.length, signal))) ?? Buffer.alloc(0))).toBe(sha(whole));
    });

    it('leaves nothing of what was aborted', async () => {
      const key = newKey();
      const writer = await store.begin(key, signal);
      await writer.write(0, randomBytes(PART_BYTES), signal);
      await writer.abort(signal);
      await writer.abort(signal).catch(() => undefined);
      expect(await store.stat(key, signal)).toBeUndefined();
      expect(await listed(`${folder}/`)).not.toContain(key);
    });

    it('removes what an unfinished writer left', async () => {
      const key = newKey();
      const writer = await store.begin(key, signal);
      await writer.write(0, randomBytes(PART_BYTES), signal);
      await store.remove(key, signal);
      expect(await store.stat(key, signal)).toBeUndefined();
      await writer.abort(signal).catch(() => undefined);
    });

    it('removes objects', async () => {
      const key = newKey();
      await store.put(key, Buffer.from('x'), signal);
      await store.remove(key, signal);
      expect(await store.stat(key, signal)).toBeUndefined();
    });

    it('lists its objects in pages, in order, by prefix', async () => {
      const other = `${folder}x`;
      const keys = Array.from({ length: 7 }, () => `${other}/${randomUUID()}`).sort();
      for (const key of keys) await store.put(key, Buffer.from('1234'), signal);
      const found: string[] = [];
      let after: string | undefined;
      do {
        const page = await store.list(`${other}/`, { after, limit: 3 }, signal);
        expect(page.objects.length).toBeLessThanOrEqual(3);
        for (const { key, size, modifiedAt } of page.objects) {
          expect(size).toBe(4);
          expect(Math.abs(Date.now() - modifiedAt.getTime())).toBeLessThan(300_000);
          found.push(key);
        }
        after = page.next;
      } while (after !== undefined);
      expect(found).toEqual(keys);
      for (const key of keys) await store.remove(key, signal);
    });

    const listed = async (prefix: string): Promise<string[]> =>
      (await store.list(prefix, { limit: 1000 }, signal)).objects.map(({ key }) => key);
  });
};
