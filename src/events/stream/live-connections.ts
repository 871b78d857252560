import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { AccessWatch } from '../../auth/access-watch';
import { rateLimited } from '../../common/errors';
import type { Caller } from '../../common/scope';
import { EventMetrics } from '../event-metrics';

/** A connection that stays. */
export interface LiveConnection {
  readonly caller: Caller;
  beat(): void;
  end(reason: 'stopping' | 'revoked'): void;
}

const BEAT_MS = 15_000;
/** One key's connections to one process. */
export const MAX_PER_KEY = 10_000;

/** All live connections of the process: their heartbeats, their number, and the end of those whose key is revoked. */
@Injectable()
export class LiveConnections implements OnModuleDestroy {
  private readonly connections = new Map<LiveConnection, { readonly key: string; readonly release: () => void }>();
  private readonly perKey = new Map<string, number>();
  private readonly timer: NodeJS.Timeout;
  private isStopping = false;

  constructor(
    private readonly access: AccessWatch,
    private readonly metrics: EventMetrics,
  ) {
    this.timer = setInterval(() => this.beat(), BEAT_MS);
    this.timer.unref();
  }

  get count(): number {
    return this.connections.size;
  }

  /** Gives the function that removes it. Throws `rate_limited` when the key has too many. */
  add(connection: LiveConnection): () => void {
    const key = connection.caller.keyId ?? 'root';
    const held = this.perKey.get(key) ?? 0;
    if (held >= MAX_PER_KEY || this.isStopping) throw rateLimited(1);
    this.perKey.set(key, held + 1);
    const release = this.access.hold(connection.caller, () => connection.end('revoked'));
    this.connections.set(connection, { key, release });
    this.metrics.live(this.connections.size);
    return () => this.remove(connection);
  }

  onModuleDestroy(): void {
    this.isStopping = true;
    clearInterval(this.timer);
    for (const connection of [...this.connections.keys()]) connection.end('stopping');
  }

  private remove(connection: LiveConnection): void {
    const held = this.connections.get(connection);
    if (!held) return;
    const { key, release } = held;
    release();
    this.connections.delete(connection);
    this.metrics.live(this.connections.size);
    const left = (this.perKey.get(key) ?? 1) - 1;
    if (left > 0) this.perKey.set(key, left);
    else this.perKey.delete(key);
  }

  private beat(): void {
    for (const connection of [...this.connections.keys()]) connection.beat();
  }
}
