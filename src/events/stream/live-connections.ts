import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Authenticator, type Headers } from '../../auth/authenticator';
import { rateLimited } from '../../common/errors';
import type { Caller } from '../../common/scope';
import { EventMetrics } from '../event-metrics';

/** A connection that stays. */
export interface LiveConnection {
  readonly caller: Caller;
  readonly headers: Headers;
  beat(): void;
  /** The process stops, or the key is not valid any more. */
  end(): void;
}

const BEAT_MS = 15_000;
/** One key's connections to one process. */
export const MAX_PER_KEY = 10_000;

/** All live connections of the process: their heartbeats, their number, and the end of those whose key is revoked. */
@Injectable()
export class LiveConnections implements OnModuleDestroy {
  private readonly connections = new Map<LiveConnection, string>();
  private readonly perKey = new Map<string, number>();
  private readonly timer: NodeJS.Timeout;
  private isStopping = false;

  constructor(
    private readonly authenticator: Authenticator,
    private readonly metrics: EventMetrics,
  ) {
    this.timer = setInterval(() => void this.beat(), BEAT_MS);
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
    this.connections.set(connection, key);
    this.metrics.live(this.connections.size);
    return () => this.remove(connection);
  }

  onModuleDestroy(): void {
    this.isStopping = true;
    clearInterval(this.timer);
    for (const connection of [...this.connections.keys()]) connection.end();
  }

  private remove(connection: LiveConnection): void {
    const key = this.connections.get(connection);
    if (key === undefined) return;
    this.connections.delete(connection);
    this.metrics.live(this.connections.size);
    const left = (this.perKey.get(key) ?? 1) - 1;
    if (left > 0) this.perKey.set(key, left);
    else this.perKey.delete(key);
  }

  private async beat(): Promise<void> {
    for (const connection of [...this.connections.keys()]) {
      if (await this.isWelcome(connection)) connection.beat();
      else connection.end();
    }
  }

  private async isWelcome({ caller, headers }: LiveConnection): Promise<boolean> {
    try {
      const now = await this.authenticator.authenticate(headers, caller.requestId);
      return now.scope.projectId === caller.scope.projectId;
    } catch (error) {
      // Postgres being away is no reason to throw anybody out.
      return (error as { status?: number }).status === 503;
    }
  }
}
