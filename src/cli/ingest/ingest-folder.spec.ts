import { mkdir, mkdtemp, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ApiError } from '../../client';
import type { RecordInput } from '../shapes';
import { ingestFolder, type IngestRequest, type IngestSummary } from './ingest-folder';
import { recordId } from './records';
import type { IngestTarget, Surplus } from './target';

/** A collection in memory, which may be told to refuse or to die. */
class MemoryTarget implements IngestTarget {
  readonly records = new Map<string, RecordInput>();
  upserts = 0;
  refuse: (record: RecordInput) => boolean = () => false;
  dieAt = Infinity;

  async prepare(): Promise<void> {}

  async ingested(source: string): Promise<Map<string, string>> {
    const heads = [...this.records.values()].filter(
      ({ metadata }) => metadata['source'] === source && metadata['chunk'] === 0,
    );
    return new Map(heads.map(({ metadata }) => [String(metadata['path']), String(metadata['sha256'])]));
  }

  async upsert(records: readonly RecordInput[]): Promise<void> {
    if (this.upserts >= this.dieAt) throw new Error('the server is gone');
    if (records.some(this.refuse))
      throw new ApiError({
        status: 422,
        code: 'invalid',
        title: 'Invalid input',
        detail: 'Refused.',
        errors: [],
        retryable: false,
      });
    this.upserts += 1;
    for (const record of records) this.records.set(record.id, record);
  }

  async deleteSurplus(files: readonly Surplus[]): Promise<void> {
    for (const [id, { metadata }] of this.records) {
      const file = files.find(({ path }) => path === metadata['path']);
      const chunk = Number(metadata['chunk']);
      if (file !== undefined && chunk > 0 && (metadata['sha256'] !== file.sha256 || chunk >= file.count))
        this.records.delete(id);
    }
  }

  async deleteFiles(paths: readonly string[]): Promise<void> {
    for (const [id, { metadata }] of this.records)
      if (paths.includes(String(metadata['path']))) this.records.delete(id);
  }
}

describe('ingestFolder', () => {
  let root: string;
  let target: MemoryTarget;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'ingest-'));
    target = new MemoryTarget();
  });
  afterEach(() => rm(root, { recursive: true }));

  const write = async (path: string, content: string): Promise<void> => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  };
  const ingest = (options: Partial<IngestRequest> = {}): Promise<IngestSummary> =>
    ingestFolder({
      root,
      source: 'docs',
      target,
      chunker: (text) => text.split('\n\n').map((part) => ({ text: part, start: text.indexOf(part) })),
      prune: false,
      force: false,
      maxFileBytes: 1024,
      load: {},
      signal: new AbortController().signal,
      onProgress: () => undefined,
      ...options,
    });
  const texts = (): string[] => [...target.records.values()].map(({ text }) => text).sort();

  it('makes records with where they come from, and skips unchanged files the next time', async () => {
    await write('guide/a.md', '# A\n\none\n\ntwo');
    await write('b.csv', 'name,path\nx,y');
    const first = await ingest();
    expect(first.files).toMatchObject({ found: 2, ingested: 2, unchanged: 0, failed: 0 });
    expect(target.records.get('docs/guide/a.md#1')).toMatchObject({
      text: 'one',
      metadata: { source: 'docs', path: 'docs/guide/a.md', title: 'A', chunk: 1, type: 'markdown' },
    });
    expect(target.records.get('docs/b.csv#0')?.metadata).toMatchObject({ name: 'x', path_: 'y', path: 'docs/b.csv' });
    const before = target.upserts;
    expect((await ingest()).files).toMatchObject({ ingested: 0, unchanged: 2 });
    expect(target.upserts).toBe(before);
  });

  it('replaces a changed file and leaves nothing of the old one', async () => {
    await write('a.md', 'one\n\ntwo\n\nthree');
    await ingest();
    await write('a.md', 'four');
    expect((await ingest()).files).toMatchObject({ ingested: 1 });
    expect(texts()).toEqual(['four']);
  });

  it('removes files that are gone only when asked', async () => {
    await write('a.md', 'one\n\ntwo');
    await write('b.md', 'other');
    await ingest();
    await unlink(join(root, 'a.md'));
    expect((await ingest()).files).toMatchObject({ gone: 1, removed: 0 });
    expect((await ingest({ prune: true })).files).toMatchObject({ gone: 0, removed: 1 });
    expect(texts()).toEqual(['other']);
  });

  it('keeps what is stored from a folder that cannot be read now, also when it prunes', async () => {
    for (const path of ['a/b/c.md', 'ab/c.md', 'd.md']) await write(path, path);
    await ingest();
    await rm(join(root, 'a'), { recursive: true });
    await rm(join(root, 'ab'), { recursive: true });
    // A loop cannot be read by anybody; a folder without rights can, by an administrator.
    await symlink('a', join(root, 'a'));
    const summary = await ingest({ prune: true });
    expect(summary.skipped).toEqual([{ path: 'a', reason: expect.stringContaining('ELOOP') as string }]);
    expect(summary.files).toMatchObject({ gone: 0, removed: 1 });
    expect(texts()).toEqual(['a/b/c.md', 'd.md']);
  });

  it('keeps two folders in one collection apart, also when one is pruned', async () => {
    await write('a.md', 'one');
    await ingest({ source: 'other' });
    await ingest({ prune: true });
    expect([...target.records.keys()].sort()).toEqual(['docs/a.md#0', 'other/a.md#0']);
  });

  it('removes the records of a file that is empty now', async () => {
    await write('a.md', 'one');
    await ingest();
    await write('a.md', '');
    expect((await ingest()).files).toMatchObject({ empty: 1, removed: 1 });
    expect(texts()).toEqual([]);
  });

  it('reports a broken file and goes on; the file stays as it was', async () => {
    await write('a.json', '{"text": "old"}');
    await ingest();
    await write('a.json', '{broken');
    await write('b.md', 'fine');
    const summary = await ingest();
    expect(summary.failures).toEqual([{ path: 'docs/a.json', message: expect.stringContaining('not JSON') as string }]);
    expect(texts()).toEqual(['fine', 'old']);
  });

  it('lets a file that the server refuses fail alone', async () => {
    for (const name of ['a', 'b', 'c']) await write(`${name}.md`, name);
    target.refuse = ({ text }) => text === 'b';
    const summary = await ingest();
    expect(summary.failures.map(({ path }) => path)).toEqual(['docs/b.md']);
    expect(texts()).toEqual(['a', 'c']);
  });

  it.each([0, 1, 2, 3])('goes on where it broke off after %i writes', async (writes) => {
    const paragraphs = Array.from({ length: 150 }, (_, index) => `paragraph ${index}`);
    await write('big.md', paragraphs.join('\n\n'));
    await write('small.md', 'small');
    target.dieAt = writes;
    await expect(ingest({ maxFileBytes: 10_000 })).rejects.toThrow('gone');
    expect(target.records.has('docs/big.md#0') && target.records.size < 150).toBe(false);
    target.dieAt = Infinity;
    await ingest({ maxFileBytes: 10_000 });
    expect(texts()).toEqual([...paragraphs, 'small'].sort());
  });

  it('leaves out hidden, foreign, huge and outside files', async () => {
    await write('.git/a.md', 'x');
    await write('node_modules/a.md', 'x');
    await write('.hidden.md', 'x');
    await write('image.png', 'x');
    await write('huge.txt', 'x'.repeat(2000));
    await symlink('/etc/hostname', join(root, 'out.txt'));
    await symlink(root, join(root, 'loop'));
    await write('app.log', 'x');
    await write('Makefile', 'x');
    await write('empty.txt', '');
    await write('blank.md', ' \n');
    const summary = await ingest();
    expect(summary.files).toMatchObject({ found: 2, empty: 2 });
    const reasons = Object.fromEntries(summary.skipped.map(({ path, reason }) => [path, reason]));
    expect(reasons).toEqual({
      '.git': expect.stringContaining('hidden') as string,
      '.hidden.md': expect.stringContaining('hidden') as string,
      'app.log': expect.stringContaining('.log') as string,
      'blank.md': expect.stringContaining('no text') as string,
      'empty.txt': expect.stringContaining('empty') as string,
      'huge.txt': expect.stringContaining('larger') as string,
      'image.png': expect.stringContaining('.png') as string,
      Makefile: expect.stringContaining('extension') as string,
      loop: expect.stringContaining('links out') as string,
      node_modules: expect.stringContaining('node_modules') as string,
      'out.txt': expect.stringContaining('links out') as string,
    });
  });

  it('stores the good rows of a file, and says what became of the others', async () => {
    await write(
      'rows.jsonl',
      '{"text":"a"}\nnope\n{"text":"b"}\n{}\n{"text":"\\u0000"}\n{"text":"c","n":{"__proto__":1}}\n',
    );
    const summary = await ingest();
    expect(texts()).toEqual(['a', 'b', 'c']);
    expect(summary.files).toMatchObject({ ingested: 1, failed: 0 });
    expect(summary.rows).toEqual({ left_out: 2, odd: 1 });
    expect(summary.odd_rows).toMatchObject([
      { path: 'docs/rows.jsonl', line: 2, left_out: true },
      { path: 'docs/rows.jsonl', line: 4, left_out: false },
      { path: 'docs/rows.jsonl', line: 5, left_out: true },
    ]);
  });
});

describe('recordId', () => {
  it('is readable where it can be, and a UUID where it would not be valid', () => {
    expect(recordId('docs/ä b.md', 3)).toBe('docs/ä b.md#3');
    const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    expect(recordId('x'.repeat(300), 0)).toMatch(uuid);
    expect(recordId('a\nb.md', 0)).toMatch(uuid);
    expect(recordId('a\nb.md', 0)).not.toBe(recordId('a\nb.md', 1));
  });
});
