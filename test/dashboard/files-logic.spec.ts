import { createHash } from 'node:crypto';
import { errorFrom } from '../../dashboard/src/api/problem';
import { bytes, folderIn, nameIn } from '../../dashboard/src/pages/files/format';
import { MAX_BLOB_BYTES, MAX_TEXT_BYTES, previewKind } from '../../dashboard/src/pages/files/preview/preview-kind';
import { missingParts, PART_BYTES, partBytes, partsOf, sha256Of } from '../../dashboard/src/pages/files/upload/parts';
import { withPatience } from '../../dashboard/src/pages/files/upload/with-patience';

describe('how a file is shown', () => {
  it.each([
    ['image/png', 'image'],
    ['IMAGE/JPEG; q=1', 'image'],
    ['application/pdf', 'pdf'],
    ['audio/mpeg', 'audio'],
    ['application/json', 'json'],
    ['application/ld+json', 'json'],
    ['text/plain; charset=utf-8', 'text'],
    ['text/html', 'text'],
    ['application/xhtml+xml', 'text'],
    ['image/svg+xml', 'text'],
    ['image/anything', 'none'],
    ['application/octet-stream', 'none'],
    ['', 'none'],
  ])('%s as %s: nothing of it is ever run', (type, as) => expect(previewKind(type, 10).as).toBe(as));

  it('not at all where it would not fit into memory', () => {
    expect(previewKind('image/png', MAX_BLOB_BYTES + 1).as).toBe('none');
    expect(previewKind('application/json', MAX_TEXT_BYTES + 1).as).toBe('text');
    expect(previewKind('text/plain', 1e12).as).toBe('text');
  });
});

describe('the parts of an upload', () => {
  it('cover the file once, and are at most ten thousand', () => {
    for (const size of [PART_BYTES + 1, 3 * PART_BYTES, 1e12]) {
      const parts = partsOf(size);
      expect(parts[0]?.start).toBe(0);
      expect(parts.at(-1)?.end).toBe(size);
      expect(parts.every(({ start }, index) => start === (parts[index - 1]?.end ?? 0))).toBe(true);
      expect(parts.length).toBeLessThanOrEqual(10_000);
    }
    expect(partBytes(PART_BYTES)).toBe(PART_BYTES);
  });

  it('are sent again when they are not there as this file has them', async () => {
    const file = new Blob([Buffer.alloc(PART_BYTES, 'a'), Buffer.alloc(PART_BYTES, 'b'), 'c']);
    const hash = (text: string, size: number) => createHash('sha256').update(Buffer.alloc(size, text)).digest('hex');
    expect(await sha256Of(new Blob(['c']))).toBe(hash('c', 1));
    const known = [
      { number: 1, size: PART_BYTES, sha256: hash('a', PART_BYTES) },
      { number: 2, size: PART_BYTES, sha256: hash('x', PART_BYTES) },
      { number: 3, size: 2, sha256: hash('c', 1) },
    ];
    expect((await missingParts(file, known)).map(({ number }) => number)).toEqual([2, 3]);
    expect((await missingParts(file, [])).map(({ number }) => number)).toEqual([1, 2, 3]);
  });
});

const EMPTY = { statusText: '', text: '', header: () => null };

describe('patience', () => {
  const passing = errorFrom({ status: 503, ...EMPTY });
  const signal = new AbortController().signal;
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('tries again what may pass, and not for ever', async () => {
    let tries = 0;
    const work = withPatience(signal, () => {
      tries += 1;
      return tries < 3 ? Promise.reject(passing) : Promise.resolve('done');
    });
    await jest.runAllTimersAsync();
    expect([await work, tries]).toEqual(['done', 3]);
    const never = withPatience(signal, () => Promise.reject(passing)).catch((error: unknown) => error);
    await jest.runAllTimersAsync();
    expect(await never).toBe(passing);
  });

  it('does not repeat a refusal, and ends when it is stopped', async () => {
    const refused = errorFrom({ status: 412, ...EMPTY });
    const work = jest.fn(() => Promise.reject(refused));
    await expect(withPatience(signal, work)).rejects.toBe(refused);
    expect(work).toHaveBeenCalledTimes(1);
    const controller = new AbortController();
    const waiting = withPatience(controller.signal, () => Promise.reject(passing));
    await Promise.resolve();
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  });
});

it('sizes and names are for people', () => {
  expect([0, 1023, 1024, 1.5 * 1024 ** 2, 200 * 1024 ** 3].map(bytes)).toEqual([
    '0 B',
    '1023 B',
    '1.0 KiB',
    '1.5 MiB',
    '200 GiB',
  ]);
  expect(['', 'no', 'a/no', 'a/b/'].map(folderIn)).toEqual(['', '', 'a/', 'a/b/']);
  expect(['a/b.txt', 'a/b/', 'c', 'a/\u202ecod.exe'].map(nameIn)).toEqual(['b.txt', 'b', 'c', '‹U+202E›cod.exe']);
});
