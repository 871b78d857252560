import { Injectable } from '@nestjs/common';
import { quotaExceeded } from '../common/errors';
import { dayOf, FLOWS, perDay, secondsLeft, type Flow, type Limits } from './metric';

/** What was counted of one project on one day. */
export interface DayCount {
  readonly projectId: number;
  readonly day: string;
  readonly metric: Flow;
  readonly value: number;
}

type Counts = Partial<Record<Flow, number>>;

/**
 * Counts what projects do, in memory; `UsageKeeper` adds it up in Postgres every few seconds, and brings back what all replicas
 * counted. So a daily limit is exceeded at most by what comes in those seconds.
 */
@Injectable()
export class UsageMeter {
  private day = dayOf(Date.now());
  private pending = new Map<number, Counts>();
  /** Of earlier days, and what Postgres did not take. */
  private left: DayCount[] = [];
  private totals = new Map<number, Counts>();
  private limits: ReadonlyMap<number, Limits> = new Map();

  /** Counts without a limit: what was done is done. Project 0 is nobody. */
  count(projectId: number, flow: Flow, amount = 1): void {
    if (projectId === 0 || amount === 0) return;
    this.turnDay();
    const counts = this.pending.get(projectId) ?? {};
    counts[flow] = (counts[flow] ?? 0) + amount;
    this.pending.set(projectId, counts);
  }

  /** Counts it, unless the project's daily limit is reached: throws `quota_exceeded`. */
  charge(projectId: number, flow: Flow, amount = 1): void {
    const hard = this.limits.get(projectId)?.[perDay(flow)]?.hard;
    if (hard !== undefined) this.mustFit(projectId, flow, amount, hard);
    this.count(projectId, flow, amount);
  }

  /** Today's count of a project with a limit, by all replicas as far as known. */
  usedToday(projectId: number, flow: Flow): number {
    this.turnDay();
    return (this.totals.get(projectId)?.[flow] ?? 0) + (this.pending.get(projectId)?.[flow] ?? 0);
  }

  /** Takes what was counted since the last time. What is not stored is given back by `restore`. */
  take(): DayCount[] {
    this.turnDay();
    const counted = countsOf(this.day, this.pending);
    // Until `learn` brings the new totals, limits must not forget it.
    for (const { projectId, metric, value } of counted) this.add(projectId, metric, value);
    const taken = [...this.left, ...counted];
    this.pending = new Map();
    this.left = [];
    return taken;
  }

  restore(counts: readonly DayCount[]): void {
    const merged = new Map<string, DayCount>();
    for (const count of [...this.left, ...counts]) {
      const key = `${count.projectId}/${count.day}/${count.metric}`;
      merged.set(key, { ...count, value: count.value + (merged.get(key)?.value ?? 0) });
    }
    this.left = [...merged.values()];
  }

  /** What Postgres holds of today, for projects with limits. */
  learn(limits: ReadonlyMap<number, Limits>, today: readonly DayCount[]): void {
    this.turnDay();
    this.limits = limits;
    this.totals = new Map();
    for (const { projectId, day, metric, value } of today) if (day === this.day) this.add(projectId, metric, value);
  }

  get limited(): ReadonlyMap<number, Limits> {
    return this.limits;
  }

  private mustFit(projectId: number, flow: Flow, amount: number, hard: number): void {
    const used = this.usedToday(projectId, flow);
    if (used + amount <= hard) return;
    throw quotaExceeded({ quota: perDay(flow), hard, used, added: amount }, secondsLeft(Date.now()));
  }

  private add(projectId: number, flow: Flow, value: number): void {
    const counts = this.totals.get(projectId) ?? {};
    counts[flow] = (counts[flow] ?? 0) + value;
    this.totals.set(projectId, counts);
  }

  private turnDay(): void {
    const today = dayOf(Date.now());
    if (today === this.day) return;
    this.left.push(...countsOf(this.day, this.pending));
    this.pending = new Map();
    this.totals = new Map();
    this.day = today;
  }
}

const countsOf = (day: string, counts: ReadonlyMap<number, Counts>): DayCount[] =>
  [...counts].flatMap(([projectId, byFlow]) =>
    FLOWS.flatMap((metric) => {
      const value = byFlow[metric] ?? 0;
      return value === 0 ? [] : [{ projectId, day, metric, value }];
    }),
  );
