import { EventEmitter } from 'node:events';
import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { detached } from '../../common/tracing';
import { Notifications } from '../../database/notifications';

const CHANNEL = 'events';
/** Minimum milliseconds between notifications to other replicas. */
const DEBOUNCE_MS = 20;
/** When the transaction of a change has probably been committed. */
const COMMIT_MS = [3, 30];

/** Notifies readers of the log, here and in other replicas, about new events. A hint: they also poll. */
@Injectable()
export class LogSignals implements OnModuleInit, OnModuleDestroy {
  private readonly emitter = new EventEmitter().setMaxListeners(0);
  private readonly pending = new Set<number>();
  private timer: NodeJS.Timeout | undefined;
  private stop: () => void = () => undefined;

  constructor(private readonly notifications: Notifications) {}

  onModuleInit(): void {
    this.stop = this.notifications.listen(CHANNEL, (payload) => {
      for (const id of payload.split(',')) this.emitter.emit('published', Number(id));
    });
  }

  onModuleDestroy(): void {
    clearTimeout(this.timer);
    this.stop();
  }

  /** After the commit of a project's events. */
  published(projectId: number): void {
    // Listeners outlive the request that published.
    detached(() => this.notify(projectId));
  }

  private notify(projectId: number): void {
    this.emitter.emit('published', projectId);
    this.pending.add(projectId);
    this.timer ??= setTimeout(() => this.flush(), DEBOUNCE_MS);
  }

  /** Call in a transaction that is about to be committed. */
  publishing(projectId: number): void {
    for (const ms of COMMIT_MS) setTimeout(() => this.published(projectId), ms).unref();
  }

  onPublished(listener: (projectId: number) => void): () => void {
    this.emitter.on('published', listener);
    return () => this.emitter.off('published', listener);
  }

  private flush(): void {
    this.timer = undefined;
    const ids = [...this.pending].slice(0, 500);
    for (const id of ids) this.pending.delete(id);
    this.notifications.notify(CHANNEL, ids.join(','));
    if (this.pending.size > 0) this.timer = setTimeout(() => this.flush(), DEBOUNCE_MS);
  }
}
