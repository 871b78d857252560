import type { StoredFile } from './file';
import { KnownFiles } from './known-files';

const scope = { projectId: 1, projectName: 'default' };
const HOUR = 3_600_000;

/** A file with as many chunks as its row needs hashes for. */
const file = (version: number, chunks = 1): StoredFile => ({
  row: { bucket: 'b', key: 'k', version } as StoredFile['row'],
  blob: { chunks: Buffer.alloc(32 * chunks), frames: null } as unknown as StoredFile['blob'],
});

describe('known files', () => {
  it('are found by project, bucket and key', () => {
    const known = new KnownFiles();
    known.set(scope, 'b', 'k', file(1));
    expect(known.get(scope, 'b', 'k')?.row.version).toBe(1);
    expect(known.get({ ...scope, projectId: 2 }, 'b', 'k')).toBeUndefined();
    expect(known.get(scope, 'b/k', '')).toBeUndefined();
  });

  it('never go back to an older version', () => {
    const known = new KnownFiles();
    known.set(scope, 'b', 'k', file(5));
    known.set(scope, 'b', 'k', file(4));
    expect(known.get(scope, 'b', 'k')?.row.version).toBe(5);
  });

  it('are forgotten after an hour, alone, and with their bucket', () => {
    let now = 0;
    const known = new KnownFiles({ files: 10, bytes: 1e6 }, () => now);
    known.set(scope, 'b', 'k', file(1));
    known.set(scope, 'other', 'k', file(1));
    known.deleteBucket(scope, 'b');
    expect(known.get(scope, 'b', 'k')).toBeUndefined();
    expect(known.get(scope, 'other', 'k')).toBeDefined();
    now = HOUR;
    expect(known.get(scope, 'other', 'k')).toBeUndefined();
  });

  it('are bounded in number and in bytes; the oldest go first', () => {
    const known = new KnownFiles({ files: 3, bytes: 10_000 });
    for (let index = 0; index < 4; index += 1) known.set(scope, 'b', `k${index}`, file(1));
    expect(known.get(scope, 'b', 'k0')).toBeUndefined();
    expect(known.get(scope, 'b', 'k3')).toBeDefined();
    known.set(scope, 'b', 'large', file(1, 200));
    expect(known.get(scope, 'b', 'k2')).toBeDefined();
    expect(known.get(scope, 'b', 'k1')).toBeUndefined();
    known.set(scope, 'b', 'larger', file(1, 1_000));
    expect(known.get(scope, 'b', 'larger')).toBeUndefined();
  });
});
