import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { isServiceFault, ServiceFault } from '../../common/service-fault';
import { s3Config, type S3Settings } from '../../config';
import { SettingsRepository } from '../../database/settings.repository';
import { type ProbeReport, ServiceRegistry } from '../../registry/service';
import { MovesRepository } from '../blobs/moves.repository';
import { FileStores } from './file-stores';
import type { StoreHandle } from './store-handle';

const SETTING = 'files.object_store';
/** How often a probe also writes. */
const WRITE_MS = 30_000;
const PROBE_MS = 500;

/**
 * Probes the object store for the registry: reads, compares and occasionally writes a canary object. A store without
 * the canary was emptied or replaced: all copies in it are suspect until they are checked.
 */
@Injectable()
export class ObjectStoreWatch implements OnModuleInit {
  private readonly log = new Logger(ObjectStoreWatch.name);
  private canary: string | undefined;
  private writtenAt = Number.NEGATIVE_INFINITY;
  private wasEmptied = false;
  private lastLag: { records: number; seconds: number } | undefined;

  constructor(
    private readonly stores: FileStores,
    private readonly stored: SettingsRepository,
    private readonly moves: MovesRepository,
    @Inject(s3Config.KEY) private readonly settings: S3Settings,
    private readonly registry: ServiceRegistry,
  ) {}

  onModuleInit(): void {
    const handle = this.stores.get('object_store');
    const { endpoint } = this.settings;
    if (!handle || endpoint === undefined) return;
    this.registry.register({
      name: 'object_store',
      kind: 's3',
      endpoints: [new URL(endpoint).origin],
      capabilities: ['files', 'presigned-urls'],
      probe: (signal) => this.probe(handle, signal),
      probeTimeoutMs: PROBE_MS,
      maxInFlight: 64,
      recover: () => this.recover(),
      lag: () => this.lag(),
    });
  }

  private async probe({ store }: StoreHandle, signal: AbortSignal): Promise<ProbeReport> {
    const expected = await this.expected();
    const key = `canary/${expected}`;
    if (this.wasEmptied || performance.now() - this.writtenAt >= WRITE_MS) {
      const isFirst = !this.wasEmptied && this.writtenAt === Number.NEGATIVE_INFINITY;
      // Read it before this process's first write: writing would hide that the store was emptied.
      if (isFirst && (await this.wasSeen()) && (await store.stat(key, signal)) === undefined) throw this.emptiedFault();
      await store.prepare(signal);
      await store.put(key, Buffer.from(expected), signal);
      this.writtenAt = performance.now();
      await this.noteSeen();
    }
    const bytes = await store.read(key, 0, expected.length, signal).catch((error: unknown) => {
      // The bucket itself is gone. The next probe creates it.
      if (isServiceFault(error) && error.kind === 'wrong_data') throw this.emptiedFault();
      throw error;
    });
    if (!bytes) throw this.emptiedFault();
    const pieces: Buffer[] = [];
    for await (const piece of bytes) pieces.push(piece);
    if (Buffer.concat(pieces).toString() !== expected) {
      throw new ServiceFault('object_store', 'bad_answer', 'The object store returns other bytes than were written.');
    }
    return { detail: { bucket: this.settings.bucket } };
  }

  /** Checks every copy again, and recreates missing ones from other copies. */
  private async recover(): Promise<void> {
    if (!this.wasEmptied) return;
    const doubted = await this.moves.doubtAll('object_store');
    this.wasEmptied = false;
    if (doubted > 0) this.log.warn(`The object store was emptied; ${doubted} copies are checked and recreated.`);
  }

  private emptiedFault(): ServiceFault {
    this.wasEmptied = true;
    return new ServiceFault('object_store', 'wrong_data', 'The object store does not have what was written to it.');
  }

  private lag(): { records: number; seconds: number } | undefined {
    this.moves.lag().then(
      (lag) => (this.lastLag = lag),
      () => undefined,
    );
    return this.lastLag;
  }

  /** One canary for all replicas. */
  private async expected(): Promise<string> {
    if (this.canary !== undefined) return this.canary;
    await this.stored.insert(SETTING, { canary: randomUUID(), seen: false });
    return (this.canary = (await this.setting()).canary);
  }

  private async wasSeen(): Promise<boolean> {
    return (await this.setting()).seen;
  }

  private async noteSeen(): Promise<void> {
    await this.stored.merge(SETTING, { seen: true });
  }

  private async setting(): Promise<{ canary: string; seen: boolean }> {
    return (await this.stored.find<{ canary: string; seen: boolean }>(SETTING)) ?? { canary: '', seen: false };
  }
}
