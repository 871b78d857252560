import { randomUUID } from 'node:crypto';
import { conflict } from '../common/errors';
import type { ObjectFolder } from './object-folder';

/** `shared`: backups may be made and read side by side. `exclusive`: nothing else happens while chunks are removed. */
export type LockKind = 'shared' | 'exclusive';

const KIND = 'locks';
const REFRESH_MS = 60_000;
/** A process that has not renewed its lock for so long must no longer rely on it. */
const TRUSTED_MS = 5 * 60_000;
/** Others take a lock for abandoned after this long: twice the former, as a margin. */
const ABANDONED_MS = 10 * 60_000;

const RELEASE_MS = 10_000;

interface Moment {
  readonly wall: number;
  readonly steady: number;
}

const now = (): Moment => ({ wall: Date.now(), steady: performance.now() });

/** By two clocks: one stands still while the machine sleeps, the other may be set back. */
const passedSince = ({ wall, steady }: Moment): number => Math.max(Date.now() - wall, performance.now() - steady);

/**
 * A lock in the store itself, as several machines may use it. Each process writes its lock first and looks for others
 * then: of two at once at least one sees the other. Ages are compared by the store's own clock.
 */
export class StoreLock {
  private isLost = false;
  private readonly timer: NodeJS.Timeout;

  private constructor(
    private readonly objects: ObjectFolder,
    private readonly key: string,
    private renewedAt: Moment,
  ) {
    this.timer = setInterval(() => void this.renew().catch(() => undefined), REFRESH_MS);
    this.timer.unref();
  }

  /** Throws `conflict` while another process works on the store in a way that excludes this one. */
  static async take(objects: ObjectFolder, kind: LockKind): Promise<StoreLock> {
    const name = `${kind}-${randomUUID()}`;
    const startedAt = now();
    await objects.put(`${KIND}/${name}`, Buffer.from(kind));
    const lock = new StoreLock(objects, `${KIND}/${name}`, startedAt);
    try {
      await mustBeFree(objects, kind, name);
      lock.mustHold();
      return lock;
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /**
   * Throws where the lock could not be renewed in time, and from then on: meanwhile another process may have taken it for
   * abandoned. To be called before anything is removed or declared complete.
   */
  mustHold(): void {
    this.isLost ||= passedSince(this.renewedAt) > TRUSTED_MS;
    if (this.isLost)
      throw conflict('The lock on the backup store could not be renewed in time. Run the command again.', true);
  }

  /** After Ctrl-C, too: otherwise others would wait until the lock counts as abandoned. */
  async release(): Promise<void> {
    clearInterval(this.timer);
    await this.objects
      .regardless(RELEASE_MS)
      .remove(this.key)
      .catch(() => undefined);
  }

  private async renew(): Promise<void> {
    this.mustHold();
    const startedAt = now();
    await this.objects.put(this.key, Buffer.from('renewed'));
    this.renewedAt = startedAt;
  }
}

async function mustBeFree(objects: ObjectFolder, kind: LockKind, own: string): Promise<void> {
  const locks = await objects.list(KIND);
  const newest = locks.find(({ name }) => name === own)?.modifiedAt.getTime();
  for (const { name, modifiedAt } of locks) {
    const isAbandoned = newest !== undefined && newest - modifiedAt.getTime() > ABANDONED_MS;
    if (name === own || (kind === 'shared' && name.startsWith('shared-'))) continue;
    if (isAbandoned) await objects.remove(`${KIND}/${name}`);
    else throw conflict(inUse(objects.location, name, modifiedAt), true);
  }
}

const inUse = (location: string, name: string, at: Date): string =>
  name.startsWith('shared-')
    ? `A backup in ${location} is being made or read (since or still at ${at.toISOString()}). Wait for its end; the lock of a process that died is ignored after 10 minutes.`
    : `Backups in ${location} are being removed (since or still at ${at.toISOString()}). Wait for its end; the lock of a process that died is ignored after 10 minutes.`;
