import { Readable } from 'node:stream';
import { sha256Of } from '../../common/sha256';
import type { Scope } from '../../common/scope';
import type { FileMetrics } from '../file-metrics';
import type { FileStore } from '../file-store.port';
import { FileStores } from '../stores/file-stores';
import { StoreHandle } from '../stores/store-handle';
import { BlobReader } from './blob-reader';
import type { BlobsRepository, LocatedBlob } from './blobs.repository';
import { CHUNK_BYTES } from './layout';

describe('BlobReader', () => {
  const content = Buffer.alloc(2 * CHUNK_BYTES, 7);
  const halves = [content.subarray(0, CHUNK_BYTES), content.subarray(CHUNK_BYTES)];
  const blob: LocatedBlob = {
    sha256: sha256Of(content),
    size: content.length,
    storedSize: content.length,
    encoding: 'none',
    chunks: Buffer.concat(halves.map((half) => sha256Of(half))),
    frames: null,
    copies: [{ store: 'object_store', key: 'p1/a', state: 'live' }],
  };

  const readerOf = (stream: Readable): BlobReader => {
    const store = { read: () => Promise.resolve(stream) } as unknown as FileStore;
    const handle = new StoreHandle('object_store', store);
    const stores = new FileStores([handle]);
    return new BlobReader(stores, {} as BlobsRepository, {} as FileMetrics);
  };

  const open = (stream: Readable) => readerOf(stream).open({} as Scope, blob, { start: 0, end: content.length });

  it('gives what is stored', async () => {
    const { bytes, servedBy } = await open(Readable.from(halves));
    expect(Buffer.concat(await Readable.from(bytes).toArray()).equals(content)).toBe(true);
    expect(servedBy).toBe('object_store');
  });

  it('goes on from where the content is now when its copy went away in the middle', async () => {
    const handleOf = (name: 'spool' | 'object_store', read: FileStore['read']): StoreHandle =>
      new StoreHandle(name, { read } as unknown as FileStore);
    const streams = [Readable.from([halves[0]])];
    const spool = handleOf('spool', () => Promise.resolve(streams.shift()));
    const home = handleOf('object_store', (_key, offset) => Promise.resolve(Readable.from([content.subarray(offset)])));
    const find = (): Promise<LocatedBlob> => Promise.resolve(blob);
    const reader = new BlobReader(
      new FileStores([spool, home]),
      { find, markSuspect: () => Promise.resolve() } as unknown as BlobsRepository,
      { damaged: { inc: () => undefined } } as unknown as FileMetrics,
    );
    const spooled: LocatedBlob = { ...blob, copies: [{ store: 'spool', key: 'p1/s', state: 'live' }] };
    const { bytes, servedBy } = await reader.open({} as Scope, spooled, { start: 0, end: content.length });
    expect(Buffer.concat(await Readable.from(bytes).toArray()).equals(content)).toBe(true);
    expect(servedBy).toBe('spool');
  });

  it('lets the stream of the store go when its reader leaves before the first byte', async () => {
    const stream = Readable.from(halves);
    const { bytes } = await open(stream);
    const answer = Readable.from(bytes, { objectMode: false });
    const closed = new Promise((resolve) => stream.once('close', resolve));
    answer.destroy();
    await closed;
    expect(stream.destroyed).toBe(true);
  });
});
