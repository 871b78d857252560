import type { StorageMark } from '../../../followers/follower-target.port';
import { CopyNames } from './copy-name';
import { qdrantFault } from './errors';
import { QdrantAdmin } from './qdrant-admin';
import type { QdrantClient } from './qdrant-client';
import { QdrantMark } from './qdrant-mark';

/** The first version with conditional upserts (`update_filter`). */
const MIN_VERSION = [1, 16] as const;

export interface QdrantReport {
  readonly version: string;
  /** `undefined` in a storage that we never wrote to, or that was emptied. */
  readonly mark: StorageMark | undefined;
}

/** Probes Qdrant in the way a search uses it: reads the server's version, and the mark by a query. */
export class QdrantProbe {
  private readonly mark: QdrantMark;
  private readonly admin: QdrantAdmin;

  constructor(client: QdrantClient, prefix: string) {
    this.admin = new QdrantAdmin(client);
    this.mark = new QdrantMark(client, new CopyNames(prefix).mark);
  }

  /** Rejects with a `ServiceFault` that names what is wrong: the address, the key, the certificate, the version. */
  async probe(signal: AbortSignal): Promise<QdrantReport> {
    // The version first: on a server of another kind the answer to a query says nothing.
    const version = await this.version(signal);
    return { version, mark: await this.mark.read(signal) };
  }

  private async version(signal: AbortSignal): Promise<string> {
    const { title, version } = await this.admin.version(signal);
    if (typeof title !== 'string' || !/qdrant/i.test(title)) {
      throw qdrantFault('incompatible', 'The server at the URL is not Qdrant. Check ZERODB_QDRANT_URL.');
    }
    const [major, minor] = /^(\d+)\.(\d+)\./.exec(String(version))?.slice(1).map(Number) ?? [];
    if (major === undefined || minor === undefined) {
      throw qdrantFault('incompatible', `Qdrant reports the version "${String(version)}", which is not valid.`);
    }
    if (major < MIN_VERSION[0] || (major === MIN_VERSION[0] && minor < MIN_VERSION[1])) {
      throw qdrantFault(
        'incompatible',
        `Qdrant ${String(version)} is too old: ZeroDB needs ${MIN_VERSION.join('.')} or newer.`,
      );
    }
    return String(version);
  }
}
