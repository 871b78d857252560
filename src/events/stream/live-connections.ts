import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { Admission } from '../../admission/admission';
import { AccessWatch } from '../../auth/access-watch';
import type { BackgroundLoop } from '../../common/background-loop';
import { BackgroundWork } from '../../common/background-work';
import { rateLimited } from '../../common/errors';
import type { Caller } from '../../common/scope';
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
  private readonly loop: BackgroundLoop;
  private isStopping = false;

  constructor(
    private readonly access: AccessWatch,
    private readonly metrics: EventMetrics,
    private readonly admission: Admission,
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
    const leave = this.admission.acquire('streams', connection.caller.scope);
    const release = this.access.watch(connection.caller, () => connection.end('revoked'));
    this.connections.set(connection, () => {
      release();
      leave();
    });
    this.metrics.live(this.connections.size);
    return () => this.remove(connection);
  }

  async onModuleDestroy(): Promise<void> {
    this.isStopping = true;
    for (const connection of [...this.connections.keys()]) connection.end('stopping');
    await this.loop.stop();
  }

  private remove(connection: LiveConnection): void {
    this.connections.get(connection)?.();
    this.connections.delete(connection);
    this.metrics.live(this.connections.size);
  }

  private beat(): void {
    for (const connection of [...this.connections.keys()]) connection.beat();
  }
}
