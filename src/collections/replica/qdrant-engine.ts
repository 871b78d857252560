import { PeerTls } from '../../common/tls';
import type { QdrantSettings } from '../../config';
import type { CopyDirectory } from '../../followers/copy-directory';
import { QdrantClient } from '../adapters/qdrant/qdrant-client';
import { QdrantProbe } from '../adapters/qdrant/qdrant-probe';
import { QdrantTarget } from '../adapters/qdrant/qdrant-target';
import { QdrantVectorStore } from '../adapters/qdrant/qdrant.store';

/** Everything that speaks to one Qdrant. */
export interface QdrantEngine {
  readonly client: QdrantClient;
  readonly target: QdrantTarget;
  readonly probe: QdrantProbe;
  /** On the copies that serve. */
  readonly store: QdrantVectorStore;
  readonly prefix: string;
}

/** `null`: no Qdrant is configured. Nothing is connected before it is used. */
export function openQdrantEngine(
  { urls, apiKey, prefix, ...files }: QdrantSettings,
  directory: CopyDirectory,
): QdrantEngine | null {
  if (!urls) return null;
  const client = new QdrantClient({ urls, apiKey, tls: PeerTls.of(files) });
  return {
    client,
    target: new QdrantTarget(client, prefix),
    probe: new QdrantProbe(client, prefix),
    store: new QdrantVectorStore(client, ({ id }) => directory.servingCopy(id), prefix),
    prefix,
  };
}
