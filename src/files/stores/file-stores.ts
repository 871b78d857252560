import path from 'node:path';
import { PeerTls } from '../../common/tls';
import type { FilesSettings, S3Settings } from '../../config';
import type { Database } from '../../database/database.port';
import type { Direction, ServiceGate } from '../../registry/service';
import { FilesystemFileStore } from '../adapters/filesystem/filesystem.file-store';
import { S3FileStore } from '../adapters/s3/s3.file-store';
import { SpoolFileStore } from '../adapters/spool/spool.file-store';
import { homeOf, type StoreFacts, type StoreName } from '../../orchestrator/file-route';
import { StoreHandle } from './store-handle';

/** The configured stores and their roles. */
export class FileStores {
  readonly primary: StoreHandle;
  private readonly handles: ReadonlyMap<StoreName, StoreHandle>;

  constructor(handles: readonly StoreHandle[]) {
    this.handles = new Map(handles.map((handle) => [handle.name, handle]));
    const home = homeOf((store) => this.handles.has(store));
    const primary = home && this.handles.get(home);
    if (!primary) throw new Error('Files need an object store or a folder.');
    this.primary = primary;
  }

  get(name: StoreName): StoreHandle | undefined {
    return this.handles.get(name);
  }

  all(): readonly StoreHandle[] {
    return [...this.handles.values()];
  }

  /** Closes idle connections. */
  close(): void {
    for (const { store } of this.all()) store.close();
  }

  /** The facts that routes depend on. */
  facts(direction: Direction): StoreFacts {
    return {
      has: (store) => this.handles.has(store),
      admits: (store) => this.get(store)?.admits(direction) ?? false,
    };
  }
}

/** The stores that the settings describe. `gate` is that of the service `object_store`. */
export const createFileStores = (
  { s3, files }: { readonly s3: S3Settings; readonly files: FilesSettings },
  database: Database,
  gate: () => ServiceGate | undefined,
): FileStores => {
  const { endpoint, accessKey = '', secretKey = '', region, bucket, coldBucket } = s3;
  const handles = [
    new StoreHandle('filesystem', new FilesystemFileStore(files.dir)),
    new StoreHandle('mirror', mirrorOf(files)),
  ];
  if (files.spoolFileBytes > 0) {
    const spool = { fileBytes: files.spoolFileBytes, totalBytes: files.spoolBytes };
    handles.push(new StoreHandle('spool', new SpoolFileStore(database, spool)));
  }
  if (endpoint === undefined) {
    handles.push(new StoreHandle('cold', new FilesystemFileStore(path.join(files.dir, 'cold'))));
    return new FileStores(handles);
  }
  const options = { endpoint, accessKey, secretKey, region, tls: PeerTls.of(s3) };
  handles.push(new StoreHandle('object_store', new S3FileStore({ ...options, bucket }), gate));
  if (coldBucket !== undefined) {
    handles.push(new StoreHandle('cold', new S3FileStore({ ...options, bucket: coldBucket }), gate));
  }
  return new FileStores(handles);
};

const mirrorOf = (files: FilesSettings): FilesystemFileStore | S3FileStore => {
  const { mirror, mirrorDir, mirrorEndpoint = '', mirrorAccessKey = '', mirrorSecretKey = '' } = files;
  if (mirror === 'filesystem') return new FilesystemFileStore(mirrorDir);
  return new S3FileStore({
    endpoint: mirrorEndpoint,
    accessKey: mirrorAccessKey,
    secretKey: mirrorSecretKey,
    region: files.mirrorRegion,
    bucket: files.mirrorBucket,
    tls: PeerTls.of({ caFile: files.mirrorCaFile }),
  });
};
