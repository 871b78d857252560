import { mkdir, readdir, stat, unlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import path from 'node:path';
import { conflict } from '../../common/errors';
import { inSocketFolder } from './socket-folder';

const NAME = /^lock\.(\d+)\.(\d+)\.[0-9a-z]+\.sock$/;
/** How long the earlier of two processes that start at once waits for the later one to step back. */
const YIELD_MS = 2_000;
const POLL_MS = 50;

interface Holder {
  readonly name: string;
  readonly pid: string;
  readonly started: Date;
}

/**
 * One process per data folder. Each process binds a Unix socket with a unique name in the folder, and only then looks
 * for other sockets. A socket that accepts belongs to a live process; one that refuses was left by a dead process and
 * is removed. Because every process binds before it looks, two cannot both find themselves alone. Because no name is
 * used twice, removing a dead socket is safe. The operating system closes the socket with the process, however it dies,
 * so there are no stale locks and no pids to check.
 */
export class DataFolderLock {
  private constructor(private readonly server: Server) {}

  /** Throws `conflict`, which names the process that holds the folder. */
  static async acquire(dataDir: string): Promise<DataFolderLock> {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    return inSocketFolder(path.resolve(dataDir), (folder) =>
      take(folder, dataDir, (server) => new DataFolderLock(server)),
    );
  }

  release(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}

async function take<T>(folder: string, dataDir: string, made: (server: Server) => T): Promise<T> {
  const giveUpAt = performance.now() + YIELD_MS;
  for (;;) {
    const own = ownName();
    const server = await listen(path.join(folder, own));
    for (;;) {
      const other = await findLiving(folder, own);
      const bound = await exists(path.join(folder, own));
      if (!other && bound) return made(server);
      if (other && (comesFirst(other.name, own) || performance.now() > giveUpAt)) {
        await new Promise((resolve) => server.close(resolve));
        throw conflict(inUse(dataDir, other));
      }
      // Another process removed the socket as dead just before it listened; bind again under a new name.
      if (!bound) break;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    await new Promise((resolve) => server.close(resolve));
  }
}

const inUse = (dataDir: string, { pid, started }: Holder): string =>
  `The data folder ${dataDir} is in use by process ${pid} (started ${started.toISOString()}). ` +
  'Stop it, or set another folder with ZERODB_DATA_DIR.';

function ownName(): string {
  const random = Math.random().toString(36).slice(2, 8).padEnd(6, '0');
  return `lock.${Math.round(performance.timeOrigin)}.${process.pid}.${random}.sock`;
}

function holderOf(name: string): Holder {
  const [, started = '0', pid = '?'] = NAME.exec(name) ?? [];
  return { name, pid, started: new Date(Number(started)) };
}

const comesFirst = (other: string, own: string): boolean => {
  const difference = holderOf(other).started.getTime() - holderOf(own).started.getTime();
  return difference < 0 || (difference === 0 && other < own);
};

async function findLiving(folder: string, own: string): Promise<Holder | undefined> {
  const names = (await readdir(folder)).filter((name) => NAME.test(name) && name !== own);
  for (const name of names) {
    if (await accepts(path.join(folder, name))) return holderOf(name);
    await unlink(path.join(folder, name)).catch(() => undefined);
  }
  return undefined;
}

function listen(socketPath: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(socketPath, () => {
      server.unref();
      resolve(server);
    });
  });
}

/** Treat the other process as alive in doubt: only a refusal or a missing file proves it dead. */
function accepts(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) =>
      resolve(!['ECONNREFUSED', 'ENOENT'].includes(error.code ?? '')),
    );
  });
}

const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );
