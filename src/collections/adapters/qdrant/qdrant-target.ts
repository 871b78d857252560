import { isServiceFault } from '../../../common/service-fault';
import {
  FollowerTarget,
  type CopiedEntry,
  type CopiedRecord,
  type Copy,
  type FollowedRecord,
  type StorageMark,
} from '../../../followers/follower-target.port';
import { CopyNames } from './copy-name';
import { copySettings, indexedFields, misfitOf } from './copy-settings';
import { ignoreMissing, qdrantFault } from './errors';
import { ENTRY_FIELDS, entryOf, recordOf, type AnsweredPoint } from './payload';
import { pointOf } from './point-id';
import { QdrantAdmin } from './qdrant-admin';
import { QdrantMark } from './qdrant-mark';
import { quantizationConfig } from './quantization';
import type { QdrantCall, QdrantClient } from './qdrant-client';
import type { Schemas } from './qdrant-schemas';
import { upsertBodies } from './upsert-bodies';
import { pointUpTo } from './version-guard';

type CopyKey = Pick<Copy, 'collectionId' | 'epoch'>;

/** Qdrant as a follower of the records: one collection of its own per collection and epoch. */
export class QdrantTarget extends FollowerTarget {
  readonly name = 'qdrant';
  private readonly names: CopyNames;
  private readonly mark: QdrantMark;
  private readonly admin: QdrantAdmin;

  constructor(
    private readonly client: QdrantClient,
    prefix: string,
  ) {
    super();
    this.names = new CopyNames(prefix);
    this.admin = new QdrantAdmin(client);
    this.mark = new QdrantMark(client, this.names.mark);
  }

  async prepare(copy: Copy, signal: AbortSignal): Promise<NonNullable<Copy['compression']>> {
    const found = (await this.find(copy, signal)) ?? (await this.create(copy, signal));
    const misfit = misfitOf(copy, found);
    if (misfit !== undefined) {
      throw qdrantFault('wrong_data', `The collection ${this.names.of(copy)} in Qdrant ${misfit}.`);
    }
    for (const [field_name, field_schema] of indexedFields(copy)) {
      if (field_name in found.payload_schema) continue;
      await this.admin.createIndex(this.names.of(copy), { field_name, field_schema }, signal);
    }
    return found.config.quantization_config ? (copy.compression ?? 'none') : 'none';
  }

  async put(copy: Copy, records: readonly FollowedRecord[], signal: AbortSignal): Promise<void> {
    for (const body of upsertBodies(copy, records)) {
      await this.client.write({
        method: 'PUT',
        path: this.path(copy, '/points?wait=true&ordering=strong'),
        body,
        signal,
      });
    }
  }

  async remove(
    copy: Copy,
    ids: readonly string[],
    signal: AbortSignal,
    upTo: ReadonlyMap<string, number> = new Map(),
  ): Promise<void> {
    const bounded = ids.filter((id) => upTo.has(id));
    const others = ids.filter((id) => !upTo.has(id));
    const path = this.path(copy, '/points/delete?wait=true&ordering=strong');
    const bodies: Schemas['PointsSelector'][] = [];
    if (others.length > 0) bodies.push({ points: others.map(pointOf) });
    if (bounded.length > 0) {
      bodies.push({ filter: { should: bounded.map((id) => pointUpTo(pointOf(id), upTo.get(id))) } });
    }
    for (const body of bodies) {
      await this.client.write({ method: 'POST', path, body, signal });
    }
  }

  async count(copy: Copy, signal: AbortSignal): Promise<number> {
    const result = await this.ask(copy, '/points/count', { exact: true } satisfies Schemas['CountRequest'], signal);
    const { count } = result as Partial<Schemas['CountResult']>;
    if (typeof count !== 'number') throw qdrantFault('bad_answer', 'Qdrant answered a count without a number.');
    return count;
  }

  async scan(
    copy: Copy,
    page: { readonly after?: string | undefined; readonly limit: number },
    signal: AbortSignal,
  ): Promise<{ readonly entries: readonly CopiedEntry[]; readonly next?: string }> {
    const body: Schemas['ScrollRequest'] = {
      limit: page.limit,
      offset: page.after,
      with_payload: ENTRY_FIELDS,
      with_vector: false,
    };
    const result = (await this.ask(copy, '/points/scroll', body, signal)) as Partial<Schemas['ScrollResult']>;
    const entries = pointsOf(result.points).map(entryOf);
    const next = result.next_page_offset;
    return typeof next === 'string' || typeof next === 'number' ? { entries, next: String(next) } : { entries };
  }

  async read(copy: Copy, ids: readonly string[], signal: AbortSignal): Promise<readonly CopiedRecord[]> {
    if (ids.length === 0) return [];
    const with_payload = [...ENTRY_FIELDS, 'metadata', 'text'];
    const body: Schemas['PointRequest'] = { ids: ids.map(pointOf), with_payload, with_vector: true };
    return pointsOf(await this.ask(copy, '/points', body, signal)).map(recordOf);
  }

  async drop(copy: CopyKey, signal: AbortSignal): Promise<void> {
    await this.admin.deleteCollection(this.names.of(copy), signal).catch(ignoreMissing);
  }

  async list(signal: AbortSignal): Promise<readonly CopyKey[]> {
    return (await this.admin.collections(signal)).flatMap((name) => this.names.parse(name) ?? []);
  }

  async readMark(signal: AbortSignal): Promise<StorageMark | undefined> {
    return await this.mark.read(signal);
  }

  async writeMark(mark: StorageMark, signal: AbortSignal): Promise<void> {
    await this.mark.write(mark, signal);
  }

  private path(copy: CopyKey, rest: string): string {
    return `/collections/${this.names.of(copy)}${rest}`;
  }

  private async ask(copy: CopyKey, route: string, body: QdrantCall['body'], signal: AbortSignal): Promise<object> {
    const result = await this.client.call({ method: 'POST', path: this.path(copy, route), body, signal });
    if (typeof result === 'object' && result !== null) return result;
    throw qdrantFault('bad_answer', `Qdrant answered ${route} without a result.`);
  }

  private async find(copy: CopyKey, signal: AbortSignal): Promise<Schemas['CollectionInfo'] | undefined> {
    return await this.admin.collection(this.names.of(copy), signal).catch(ignoreMissing);
  }

  private async create(copy: Copy, signal: AbortSignal): Promise<Schemas['CollectionInfo']> {
    try {
      await this.make(copy, signal);
    } catch (error) {
      // A server that does not know the codes still serves the originals.
      if (!isRejected(error) || !quantizationConfig(copy)) throw error;
      await this.make({ ...copy, compression: 'none' }, signal);
    }
    const made = await this.find(copy, signal);
    if (made) return made;
    throw qdrantFault('wrong_data', `The collection ${this.names.of(copy)} was created in Qdrant but is missing.`);
  }

  private async make(copy: Copy, signal: AbortSignal): Promise<void> {
    try {
      await this.admin.createCollection(this.names.of(copy), copySettings(copy), signal);
    } catch (error) {
      // Another replica was first, or an earlier attempt got through.
      if (!isServiceFault(error) || !/already exists/.test(error.message)) throw error;
    }
  }
}

const isRejected = (error: unknown): boolean => isServiceFault(error) && error.kind === 'rejected';

function pointsOf(value: unknown): readonly AnsweredPoint[] {
  if (!Array.isArray(value)) throw qdrantFault('bad_answer', 'Qdrant answered no list of points.');
  return value as AnsweredPoint[];
}
