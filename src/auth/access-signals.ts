import { EventEmitter } from 'node:events';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Notifications } from '../database/notifications';

const CHANNEL = 'access';

/** What ended: a key, its secrets up to one (`through`), or a project with all of its keys. */
export type AccessEnd = { readonly keyId: string; readonly through?: number } | { readonly projectId: number };

/** Who may have ended. `rotation`: which of the key's secrets was shown. */
export interface Holder {
  readonly keyId: string | null;
  readonly rotation?: number | undefined;
  readonly projectId: number;
}

/**
 * Tells this process and the other replicas that a key was revoked or a project deleted. A hint that comes within
 * milliseconds; `AccessWatch` polls for those that were lost.
 */
@Injectable()
export class AccessSignals implements OnModuleInit, OnModuleDestroy {
  private readonly emitter = new EventEmitter().setMaxListeners(0);
  private stop: () => void = () => undefined;

  constructor(private readonly notifications: Notifications) {}

  onModuleInit(): void {
    this.stop = this.notifications.listen(CHANNEL, (payload) => {
      this.emitter.emit('end', JSON.parse(payload) as AccessEnd);
    });
  }

  onModuleDestroy(): void {
    this.stop();
  }

  /** After the commit, to all replicas. */
  publish(end: AccessEnd): void {
    this.notifications.notify(CHANNEL, JSON.stringify(end));
  }

  /** For this process only: it detected the change itself. */
  found(end: AccessEnd): void {
    this.emitter.emit('end', end);
  }

  onEnd(listener: (end: AccessEnd) => void): () => void {
    this.emitter.on('end', listener);
    return () => this.emitter.off('end', listener);
  }
}

/** Whether `end` ends what a caller of this key, in this project, does. */
export const isEndOf = (end: AccessEnd, { keyId, rotation = 0, projectId }: Holder): boolean =>
  'keyId' in end
    ? end.keyId === keyId && (end.through === undefined || rotation <= end.through)
    : end.projectId === projectId;
