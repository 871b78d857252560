import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Database } from '../database/database.port';

const EVERY_MS = 1_000;
const TIMEOUT_MS = 500;

export interface ServiceState {
  readonly state: 'up' | 'down';
  readonly since: string;
  /** Milliseconds of the last probe; absent when it failed. */
  readonly latencyMs?: number;
  readonly reason?: string;
}

/** Knows whether Postgres serves, from a probe each second: whoever asks never waits for it. */
@Injectable()
export class Readiness implements OnApplicationBootstrap, OnModuleDestroy {
  private timer: NodeJS.Timeout | undefined;
  private isDraining = false;
  private isStopped = false;
  private current: ServiceState = { state: 'down', since: new Date().toISOString(), reason: 'not probed yet' };

  constructor(@Inject(Database) private readonly database: Database) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.probe();
  }

  onModuleDestroy(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  /** From now on the process says that it is not ready: load balancers look elsewhere before it stops. */
  drain(): void {
    this.isDraining = true;
  }

  get isReady(): boolean {
    return !this.isDraining && this.current.state === 'up';
  }

  get draining(): boolean {
    return this.isDraining;
  }

  get postgres(): ServiceState {
    return this.current;
  }

  private async probe(): Promise<void> {
    const started = performance.now();
    try {
      await this.database.ping(TIMEOUT_MS);
      this.become('up', { latencyMs: Math.round((performance.now() - started) * 100) / 100 });
    } catch (error) {
      this.become('down', { reason: error instanceof Error ? error.message : 'no answer' });
    }
    if (this.isStopped) return;
    this.timer = setTimeout(() => void this.probe(), EVERY_MS);
    this.timer.unref();
  }

  private become(state: 'up' | 'down', facts: { latencyMs?: number; reason?: string }): void {
    const since = this.current.state === state ? this.current.since : new Date().toISOString();
    this.current = { state, since, ...facts };
  }
}
