import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { BackgroundLoop } from '../../common/background-loop';
import { BackgroundWork } from '../../common/background-work';
import { messageOf } from '../../common/message-of';
import { filesConfig, type FilesSettings } from '../../config';
import { BlobsRepository } from '../blobs/blobs.repository';
import { Mover } from '../blobs/mover';
import { FileMetrics } from '../file-metrics';
import { FilesService } from '../objects/files.service';
import { FileStores } from '../stores/file-stores';
import { UploadsRepository } from '../uploads/uploads.repository';
import { Orphans } from './orphans';
import { UpkeepRepository } from './upkeep.repository';

const BATCH = 200;
const MOVER = {
  name: 'files_mover',
  description: 'Copies contents to the stores that should have them.',
  intervalMs: 1_000,
  role: 'worker',
} as const;
const SWEEP = {
  name: 'files_upkeep',
  description: 'Expires files, moves cold ones, and removes bytes that nobody needs.',
  role: 'worker',
} as const;
/** Full-table scans run only every few sweeps, and scans of whole stores even less often. */
const EVERY_TABLE = 10;
const EVERY_STORE = 120;
const NOT_TO_COME = 'the process is stopping';

/** Background work on files: moves, expiry, cold storage, and the removal of unneeded bytes. */
@Injectable()
export class Upkeep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(Upkeep.name);
  private readonly stopping = new AbortController();
  private readonly loops: readonly BackgroundLoop[];
  private sweeps = 0;

  constructor(
    private readonly stores: FileStores,
    private readonly repository: UpkeepRepository,
    private readonly files: FilesService,
    private readonly uploads: UploadsRepository,
    private readonly blobs: BlobsRepository,
    private readonly mover: Mover,
    private readonly orphans: Orphans,
    private readonly metrics: FileMetrics,
    @Inject(filesConfig.KEY) private readonly settings: FilesSettings,
    background: BackgroundWork,
  ) {
    const onFault = (error: unknown): undefined => {
      this.log.warn(`The upkeep of files: ${messageOf(error)}`);
      return undefined;
    };
    const sweep = { ...SWEEP, intervalMs: settings.sweepSeconds * 1000 };
    this.loops = [
      background.withPauses(MOVER, () => this.move(), { firstMs: MOVER.intervalMs, onFault }),
      background.withPauses(sweep, () => this.sweep(), { firstMs: sweep.intervalMs, onFault }),
    ];
  }

  onApplicationBootstrap(): void {
    for (const loop of this.loops) loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort(new Error(NOT_TO_COME));
    await Promise.all(this.loops.map((loop) => loop.stop()));
  }

  /** One complete sweep; public for tests and for callers that cannot wait. */
  async sweep(): Promise<void> {
    this.metrics.spoolBytes.set(await this.repository.spooledBytes());
    this.metrics.spoolLimit.set(this.settings.spoolBytes);
    for (const { scope, bucket, key, sha256 } of await this.repository.expiredFiles(BATCH)) {
      const asSeen = { createOnly: false, hashes: [sha256] };
      await this.files.delete(scope, bucket, key, asSeen).catch(() => undefined);
    }
    for (const { scope, id } of await this.repository.expiredUploads(BATCH)) {
      await this.blobs.release(scope, (await this.uploads.delete(scope, id, true)) ?? []);
    }
    if (this.stores.get('cold')) await this.repository.wantCold(this.stores.primary.name, BATCH);
    if (this.sweeps % EVERY_TABLE === 0) await this.lookThroughTables();
    if (this.sweeps % EVERY_STORE === EVERY_STORE - 1) await this.orphans.remove('p', this.stopping.signal);
    this.sweeps += 1;
    await this.removeDoomed();
  }

  private async lookThroughTables(): Promise<void> {
    await this.repository.wantHome(this.stores.primary.name, 5 * BATCH);
    for (const { scope, hashes } of await this.repository.unreferenced(BATCH)) await this.blobs.release(scope, hashes);
  }

  private async removeDoomed(): Promise<void> {
    const writable = this.stores.all().filter((handle) => handle.admits('write'));
    const names = writable.map(({ name }) => name);
    for (const { key, store } of await this.repository.claimDoomed(names, BATCH)) {
      if (this.stopping.signal.aborted) return;
      const handle = this.stores.get(store);
      await handle?.write(0, 0, (signal) => handle.store.remove(key, signal), this.stopping.signal);
      await this.repository.deleteCopyRow(key);
    }
  }

  private async move(): Promise<void> {
    while (!this.stopping.signal.aborted && (await this.mover.run()) > 0);
  }
}
