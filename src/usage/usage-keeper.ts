import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { BackgroundLoop } from '../common/background-loop';
import { BackgroundWork } from '../common/background-work';
import { ZeroDbError } from '../common/errors';
import { dayOf, FLOWS, HELD, perDay, type Quota } from './metric';
import { QuotasRepository, type StoredQuota } from './quotas.repository';
import { UsageMeter } from './usage-meter';
import { UsageMetrics, type QuotaUse } from './usage-metrics';
import { UsageRepository } from './usage.repository';

const COUNTS = {
  name: 'usage_counts',
  description: 'Adds up what projects did, and learns what the other replicas counted.',
  intervalMs: 5_000,
  role: 'any',
} as const;

/** So long a process that stops tries to keep what it counted. */
const LAST_MS = 1_000;

/** Brings what this process counted into Postgres, and the daily limits and counts of all replicas back. */
@Injectable()
export class UsageKeeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(UsageKeeper.name);
  private readonly loop: BackgroundLoop;
  private running: Promise<void> = Promise.resolve();
  /** Begins when `running` has ended; for all who came since that began. */
  private next: Promise<void> | undefined;
  /** What was warned of: `project/quota/day`. */
  private readonly warned = new Set<string>();

  constructor(
    private readonly meter: UsageMeter,
    private readonly usage: UsageRepository,
    private readonly quotas: QuotasRepository,
    private readonly metrics: UsageMetrics,
    background: BackgroundWork,
  ) {
    this.loop = background.withPauses(COUNTS, () => this.work(), { keepsAlive: false });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LAST_MS);
    });
    await Promise.race([this.flush().catch(() => undefined), late]);
    clearTimeout(timer);
  }

  /** A round that begins after the call; also for whoever changed a quota, or wants to see the latest counts. */
  async work(): Promise<void> {
    this.next ??= this.running
      .catch(() => undefined)
      .then(() => {
        this.next = undefined;
        this.running = this.round();
        return this.running;
      });
    await this.next;
  }

  private async round(): Promise<void> {
    await this.flush();
    const quotas = await this.quotas.all();
    const limits = new Map(quotas.map((quota) => [quota.projectId, quota.limits]));
    const ids = [...limits.keys()];
    this.meter.learn(limits, await this.usage.counted(ids, dayOf(Date.now())));
    this.show(quotas, await this.usage.names(ids));
  }

  /** What the outcome of is not known is not stored again: nobody is charged twice. */
  private async flush(): Promise<void> {
    const counts = this.meter.take();
    try {
      await this.usage.add(counts);
    } catch (error) {
      if (!(error instanceof ZeroDbError && error.outcome === 'unknown')) this.meter.restore(counts);
      throw error;
    }
  }

  private show(quotas: readonly StoredQuota[], names: ReadonlyMap<number, string>): void {
    const uses = quotas.flatMap((quota) => {
      const project = names.get(quota.projectId);
      return project === undefined ? [] : this.usesOf(project, quota);
    });
    this.metrics.show(uses);
  }

  private usesOf(project: string, { projectId, limits, held, countedAt }: StoredQuota): QuotaUse[] {
    const used = new Map<Quota, number>(FLOWS.map((flow) => [perDay(flow), this.meter.usedToday(projectId, flow)]));
    if (countedAt !== null) for (const name of HELD) used.set(name, held[name]);
    return (Object.entries(limits) as [Quota, { soft?: number; hard?: number }][]).flatMap(
      ([quota, { soft, hard }]) => {
        const value = used.get(quota);
        const limit = hard ?? soft;
        if (value === undefined || limit === undefined) return [];
        if (soft !== undefined && value >= soft) this.warn(project, quota, value, soft);
        return [{ project, quota, used: value, limit }];
      },
    );
  }

  /** Once a day for each. */
  private warn(project: string, quota: Quota, used: number, soft: number): void {
    const key = `${project}/${quota}/${dayOf(Date.now())}`;
    if (this.warned.has(key)) return;
    if (this.warned.size > 10_000) this.warned.clear();
    this.warned.add(key);
    this.log.warn({ project, quota, used, soft }, `A project has reached its soft quota "${quota}".`);
  }
}
