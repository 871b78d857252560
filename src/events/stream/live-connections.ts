import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Admission } from '../../admission/admission';
import { AccessWatch } from '../../auth/access-watch';
import type { BackgroundLoop } from '../../common/background-loop';
import { BackgroundWork } from '../../common/background-work';
import { rateLimited } from '../../common/errors';
import type { Caller } from '../../common/scope';
import { UsageMeter } from '../../usage/usage-meter';
import { EventMetrics } from '../event-metrics';

/** A long-lived connection. */
export interface LiveConnection {
  readonly caller: Caller;
  beat(): void;
  end(reason: 'stopping' | 'revoked'): void;
}

const BACKGROUND_PIECE = {
  name: 'live_heartbeats',
  description: 'Sends heartbeats to live connections, so that broken ones are noticed.',
  intervalMs: 15_000,
  role: 'any',
} as const;

/** All live connections of the process: sends heartbeats, limits their number, and ends those whose key is revoked. */
@Injectable()
export class LiveConnections implements OnModuleDestroy {
  private readonly connections = new Map<LiveConnection, () => void>();
  /** Until when each was counted, by `performance.now()`. */
  private readonly counted = new Map<LiveConnection, number>();
  private readonly loop: BackgroundLoop;
  private isStopping = false;

  constructor(
    private readonly access: AccessWatch,
    private readonly metrics: EventMetrics,
    private readonly admission: Admission,
    private readonly usage: UsageMeter,
    background: BackgroundWork,
  ) {
    this.loop = background.every(BACKGROUND_PIECE, () => this.beat());
    this.loop.start();
  }

  get count(): number {
    return this.connections.size;
  }

  /** Returns the function that removes it. Throws `share_exceeded` or `overloaded` when the limit is reached. */
  add(connection: LiveConnection): () => void {
    if (this.isStopping) throw rateLimited(1);
    this.usage.charge(connection.caller.scope.projectId, 'stream_seconds', 0);
    const leave = this.admission.acquire('streams', connection.caller.scope);
    const release = this.access.watch(connection.caller, () => connection.end('revoked'));
    this.connections.set(connection, () => {
      release();
      leave();
    });
    this.counted.set(connection, performance.now());
    this.metrics.live(this.connections.size);
    return () => this.remove(connection);
  }

  async onModuleDestroy(): Promise<void> {
    this.isStopping = true;
    for (const connection of [...this.connections.keys()]) connection.end('stopping');
    await this.loop.stop();
  }

  private remove(connection: LiveConnection): void {
    this.countSeconds(connection);
    this.counted.delete(connection);
    this.connections.get(connection)?.();
    this.connections.delete(connection);
    this.metrics.live(this.connections.size);
  }

  private beat(): void {
    for (const connection of [...this.connections.keys()]) {
      this.countSeconds(connection);
      connection.beat();
    }
  }

  /** Whole seconds; what is left over is counted the next time. */
  private countSeconds(connection: LiveConnection): void {
    const since = this.counted.get(connection);
    if (since === undefined) return;
    const seconds = Math.floor((performance.now() - since) / 1_000);
    this.usage.count(connection.caller.scope.projectId, 'stream_seconds', seconds);
    this.counted.set(connection, since + 1_000 * seconds);
  }
}
