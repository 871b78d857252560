import { closeSync, fsyncSync, openSync } from 'node:fs';
import type { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';

type EmscriptenOptions = Parameters<NodeFS['init']>[1];

interface NodeStream {
  /** The file's descriptor in this process; a directory has none. */
  readonly nfd?: number;
  readonly node: unknown;
}

/** The part of Emscripten's module that we use; its own types refer to a global that CommonJS lacks. */
interface EmscriptenModule {
  readonly FS: { readonly filesystems: { readonly NODEFS: NodeFsDriver } };
}

interface NodeFsDriver {
  readonly stream_ops: { fsync?: (stream: NodeStream) => number };
  realPath(node: unknown): string;
}

/**
 * PGlite's folder of files, with a working `fsync`. In PGlite it does nothing, so Postgres would assume wrongly that
 * its log and data files are on the disk.
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
  // Windows cannot open folders, and does not need to sync them.
  if (process.platform === 'win32') return;
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
