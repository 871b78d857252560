import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { BackgroundLoop } from '../common/background-loop';
import { BackgroundWork } from '../common/background-work';
import { DAY_MS, dayOf, figuresOf } from './metric';
import { QuotasRepository, type StoredQuota } from './quotas.repository';
import { UsageRepository, type StoredFigures } from './usage.repository';

const PIECE = {
  name: 'usage_figures',
  description: 'Measures what projects hold, and counts again what has a quota.',
  intervalMs: 60_000,
  role: 'worker',
} as const;

/** A project that did something is measured again after so long, and whoever asks is shown figures that are no older than this. */
const MEASURE_SECONDS = 3_600;
const FRESH_MS = 60_000;
/** What somebody waits for. */
const SOON_MS = 1_500;
const AT_ONCE = 50;
/** Between two measurements, as often as one takes; one that failed counts as this long. */
const PAUSES = 20;
const LONG_MS = 120_000;
/** How often what is counted is compared with what is stored: a transaction may have begun before the quota was there. */
const FIRST_CHECK_MS = 60_000;
const CHECK_MS = 3_600_000;
const KEPT_DAYS = 400;

/** Measures what projects hold: those with quotas have it counted by the writers, and are compared; all others are read. */
@Injectable()
export class UsageSampler implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: BackgroundLoop;
  /** When what is counted was last compared, by `performance.now()`. */
  private readonly checks = new Map<number, { at: number; times: number }>();
  /** When each project was last measured, and how long that took, in milliseconds. */
  private readonly measurements = new Map<number, { at: number; tookMs: number }>();
  private forgotAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly usage: UsageRepository,
    private readonly quotas: QuotasRepository,
    background: BackgroundWork,
  ) {
    this.loop = background.withPauses(PIECE, (signal) => this.work(signal), { firstMs: 20_000, keepsAlive: false });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  /** What the project holds: measured now, unless it was a moment ago, or takes too long for somebody who waits. */
  async current(projectId: number): Promise<StoredFigures | undefined> {
    const known = await this.usage.figures(projectId);
    if (known && Date.now() - known.measuredAt.getTime() < FRESH_MS) return known;
    // On the embedded engine a statement cannot be cancelled: what takes long is not begun by each who asks.
    if (!this.mayMeasure(projectId)) return known;
    return (await this.measure(projectId, SOON_MS).catch(() => undefined)) ?? known;
  }

  /** Counts the project's records from now on, and what there is already. */
  async begin(projectId: number): Promise<void> {
    await this.quotas.countTables(projectId);
    await this.quotas.correct(projectId);
    this.checks.set(projectId, { at: performance.now(), times: 1 });
  }

  async work(signal: AbortSignal): Promise<void> {
    const quotas = await this.quotas.all();
    for (const quota of quotas) if (!signal.aborted) await this.attempt(() => this.check(quota));
    await this.attempt(() => this.quotas.uncountTables());
    const day = dayOf(Date.now());
    for (const projectId of await this.usage.due(day, MEASURE_SECONDS, AT_ONCE)) {
      if (signal.aborted) return;
      if (!this.mayMeasure(projectId)) continue;
      if (await this.usage.claim(projectId, MEASURE_SECONDS, day)) await this.attempt(() => this.measure(projectId));
    }
    if (performance.now() - this.forgotAt < DAY_MS) return;
    await this.usage.forgetBefore(dayOf(Date.now() - KEPT_DAYS * DAY_MS));
    this.forgotAt = performance.now();
  }

  /** What fails for one project must not keep the others waiting. */
  private async attempt(work: () => Promise<unknown>): Promise<void> {
    await work().catch((error: unknown) => this.loop.recordFault(error));
  }

  /** So that measuring takes a twentieth of the time at most, however many ask and however large the project is. */
  private mayMeasure(projectId: number): boolean {
    const last = this.measurements.get(projectId);
    return !last || performance.now() - last.at >= Math.max(FRESH_MS, PAUSES * last.tookMs);
  }

  private async check({ projectId, countedAt, updatedAt }: StoredQuota): Promise<void> {
    const last = this.checks.get(projectId);
    const pauseMs = (last?.times ?? 0) < 2 ? FIRST_CHECK_MS : CHECK_MS;
    const isDue = !last || performance.now() - last.at >= pauseMs;
    const isNew = (await this.quotas.countTables(projectId)) > 0;
    // A collection that is dropped takes its records along, by no statement that a trigger would see.
    const isChanged = countedAt === null || updatedAt > countedAt;
    if (!isNew && !isDue && !isChanged) return;
    await this.quotas.correct(projectId);
    this.checks.set(projectId, { at: performance.now(), times: (last?.times ?? 0) + 1 });
  }

  private async measure(projectId: number, timeoutMs?: number): Promise<StoredFigures> {
    const startedAt = performance.now();
    this.measurements.set(projectId, { at: startedAt, tookMs: timeoutMs ?? LONG_MS });
    const measured = await this.quotas.measure(projectId, timeoutMs);
    this.measurements.set(projectId, { at: performance.now(), tookMs: performance.now() - startedAt });
    const figures = figuresOf(measured);
    await this.usage.measured(projectId, figures, dayOf(Date.now()));
    return { figures, measuredAt: new Date() };
  }
}
