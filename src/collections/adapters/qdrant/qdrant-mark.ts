import { isServiceFault } from '../../../common/service-fault';
import type { StorageMark } from '../../../followers/follower-target.port';
import { ignoreMissing, qdrantFault } from './errors';
import { QdrantAdmin } from './qdrant-admin';
import type { QdrantClient } from './qdrant-client';
import type { Schemas } from './qdrant-schemas';

const POINT_ID = '00000000-0000-8000-8000-000000000001';

/** The mark we leave in Qdrant's storage: the only point of a separate collection, read by a search. */
export class QdrantMark {
  private readonly admin: QdrantAdmin;

  constructor(
    private readonly client: QdrantClient,
    private readonly collection: string,
  ) {
    this.admin = new QdrantAdmin(client);
  }

  /** `undefined` where we never left one. */
  async read(signal: AbortSignal): Promise<StorageMark | undefined> {
    const body: Schemas['QueryRequest'] = { query: [1], limit: 1, with_payload: true };
    const path = `/collections/${this.collection}/points/query`;
    const result = await this.client.call({ method: 'POST', path, body, signal }).catch(ignoreMissing);
    return result === undefined ? undefined : markOf(result);
  }

  async write(mark: StorageMark, signal: AbortSignal): Promise<void> {
    const payload = { storage_id: mark.storageId, beat: mark.beat };
    const body: Schemas['PointsList'] = { points: [{ id: POINT_ID, vector: [1], payload }] };
    const path = `/collections/${this.collection}/points?wait=true&ordering=strong`;
    const call = { method: 'PUT', path, body, signal } as const;
    try {
      await this.client.write(call);
    } catch (error) {
      ignoreMissing(error);
      await this.create(signal);
      await this.client.write(call);
    }
  }

  private async create(signal: AbortSignal): Promise<void> {
    try {
      await this.admin.createCollection(this.collection, { vectors: { size: 1, distance: 'Dot' } }, signal);
    } catch (error) {
      if (!isServiceFault(error) || !/already exists/.test(error.message)) throw error;
    }
  }
}

function markOf(result: unknown): StorageMark | undefined {
  const { points } = result as Partial<Schemas['QueryResponse']>;
  if (!Array.isArray(points)) throw qdrantFault('bad_answer', 'Qdrant answered a search without points.');
  const payload = points[0]?.payload;
  const [storageId, beat] = [payload?.['storage_id'], payload?.['beat']];
  return typeof storageId === 'string' && typeof beat === 'number' ? { storageId, beat } : undefined;
}
