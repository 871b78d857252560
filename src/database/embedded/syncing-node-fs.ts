import { closeSync, fsyncSync, openSync } from 'node:fs';
import type { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';

type EmscriptenOptions = Parameters<NodeFS['init']>[1];

interface NodeStream {
  /** The file's descriptor in this process; a directory has none. */
  readonly nfd?: number;
  readonly node: unknown;
}

/** What of Emscripten's module is used; its own types name a global that CommonJS does not have. */
interface EmscriptenModule {
  readonly FS: { readonly filesystems: { readonly NODEFS: NodeFsDriver } };
}

interface NodeFsDriver {
  readonly stream_ops: { fsync?: (stream: NodeStream) => number };
  realPath(node: unknown): string;
}

/**
 * PGlite's folder of files, with an `fsync` that does something. PGlite's own leaves it out, so that a Postgres told to
 * sync its log and its data files would believe in vain that they are on the disk.
 */
export class SyncingNodeFs extends NodeFS {
  constructor(
    folder: string,
    private readonly syncs: boolean,
  ) {
    super(folder);
  }

  override async init(pg: PGlite, options: EmscriptenOptions): ReturnType<NodeFS['init']> {
    const { emscriptenOpts } = await super.init(pg, options);
    const preRun = [...(emscriptenOpts.preRun ?? [])];
    if (this.syncs) preRun.push((module) => addFsync((module as unknown as EmscriptenModule).FS.filesystems.NODEFS));
    return { emscriptenOpts: { ...emscriptenOpts, preRun } };
  }
}

function addFsync(driver: NodeFsDriver): void {
  driver.stream_ops.fsync = (stream) => {
    if (stream.nfd === undefined) syncPath(driver.realPath(stream.node));
    else fsyncSync(stream.nfd);
    return 0;
  };
}

function syncPath(path: string): void {
  // Windows can't open folders, and needs no sync of them.
  if (process.platform === 'win32') return;
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
