import { statSync } from 'node:fs';
import type { TcpNetConnectOpts } from 'node:net';
import { buildConnector } from 'undici';
import { readTlsFiles, type TlsFiles, type TlsMaterial } from './pem';

const LOOK_MS = 1_000;

/** How names are looked up. */
type MoreOptions = Pick<TcpNetConnectOpts, 'lookup'>;

/**
 * TLS towards one service: who it is checked against, and who we are. The files are read again when they change; a new
 * connection uses what they hold then. Files that cannot be used, or do not fit yet, change nothing.
 */
export class PeerTls {
  private material: TlsMaterial = {};
  private seen = '';
  private lookedAt = Number.NEGATIVE_INFINITY;

  /** Throws `TlsFileError`. */
  constructor(private readonly files: TlsFiles) {
    this.seen = this.state();
    this.material = readTlsFiles(files);
  }

  /** `undefined` where no file is set: Node's own authorities apply. Throws `TlsFileError`. */
  static of({ caFile, certFile, keyFile }: TlsFiles): PeerTls | undefined {
    const files = { caFile, certFile, keyFile };
    return Object.values(files).some((file) => file !== undefined) ? new PeerTls(files) : undefined;
  }

  /** Options of `tls.connect`. The same object until a file changes. */
  options(): TlsMaterial {
    const now = performance.now();
    if (now - this.lookedAt < LOOK_MS) return this.material;
    this.lookedAt = now;
    const state = this.state();
    if (state === this.seen) return this.material;
    try {
      this.material = readTlsFiles(this.files);
      this.seen = state;
    } catch {
      // Half written, or its other half is still to come: the next connection looks again.
    }
    return this.material;
  }

  /** How undici opens connections with this. */
  connector(timeoutMs: number, more: MoreOptions = {}): buildConnector.connector {
    let built: { readonly material: TlsMaterial; readonly connect: buildConnector.connector } | undefined;
    return (options, callback) => {
      const material = this.options();
      if (built?.material !== material)
        built = { material, connect: buildConnector({ ...material, ...more, timeout: timeoutMs }) };
      built.connect(options, callback);
    };
  }

  private state(): string {
    const { caFile, certFile, keyFile } = this.files;
    return [caFile, certFile, keyFile].map(stateOf).join(' ');
  }
}

/** Changes with the file. Kubernetes replaces a link to a folder, which is another inode. */
export const stateOf = (file: string | undefined): string => {
  if (file === undefined) return '-';
  try {
    const { ino, size, mtimeMs } = statSync(file);
    return `${ino}:${size}:${mtimeMs}`;
  } catch {
    return '-';
  }
};

/** The `connect` of an undici pool or agent. */
export const connectOf = (
  tls: PeerTls | undefined,
  timeoutMs: number,
  more: MoreOptions = {},
): buildConnector.BuildOptions | buildConnector.connector =>
  tls === undefined ? { ...more, timeout: timeoutMs } : tls.connector(timeoutMs, more);
