import { Injectable } from '@nestjs/common';
import { notFound } from '../common/errors';
import type { Scope } from '../common/scope';
import {
  DAY_MS,
  dayOf,
  FLOWS,
  HELD,
  perDay,
  type Flow,
  type Held,
  type Limit,
  type Limits,
  type Quota,
} from './metric';
import { QuotasRepository, type StoredQuota } from './quotas.repository';
import { UsageKeeper } from './usage-keeper';
import { UsageMeter } from './usage-meter';
import { UsageSampler } from './usage-sampler';
import { UsageRepository, type ExportedDay, type StoredFigures, type UsageDay } from './usage.repository';

export interface QuotaState {
  readonly quota: Quota;
  readonly used: number | null;
  readonly soft: number | null;
  readonly hard: number | null;
  readonly state: 'ok' | 'soft' | 'hard' | 'counting';
}

export interface ProjectQuota {
  readonly project: string;
  readonly limits: Limits;
  readonly quotas: readonly QuotaState[];
}

export interface UsageReport {
  readonly current: StoredFigures | undefined;
  readonly quotas: readonly QuotaState[];
  readonly days: readonly UsageDay[];
}

const EXPORTED_AT_ONCE = 500;

/** What projects use, and how much they may. */
@Injectable()
export class UsageService {
  constructor(
    private readonly usage: UsageRepository,
    private readonly quotas: QuotasRepository,
    private readonly meter: UsageMeter,
    private readonly keeper: UsageKeeper,
    private readonly sampler: UsageSampler,
  ) {}

  async report(scope: Scope, from: string, to: string): Promise<UsageReport> {
    const { projectId } = scope;
    await this.keeper.work();
    const current = await this.sampler.current(projectId);
    const quota = await this.quotas.find(projectId);
    return { current, quotas: quota ? this.states(quota) : [], days: await this.usage.days(scope, from, to) };
  }

  /** Replaces the limits. In force when it resolves, unless the first count takes longer than the request: then soon. */
  async setQuota(project: string, limits: Limits): Promise<ProjectQuota> {
    const projectId = await this.quotas.put(project, limits);
    if (projectId === undefined) throw notFound('project', project);
    await this.sampler.begin(projectId);
    await this.keeper.work();
    return await this.quotaOf(project, projectId);
  }

  async removeQuota(project: string): Promise<void> {
    const removed = await this.quotas.remove(project);
    if (removed === undefined) throw notFound('project', project);
    if (!removed) throw notFound('quota of the project', project);
    await this.keeper.work();
  }

  async quota(project: string, projectId: number): Promise<ProjectQuota> {
    return await this.quotaOf(project, projectId);
  }

  /** One line for each project and day that it was used on. */
  async *exported(from: string, to: string, signal: AbortSignal): AsyncGenerator<ExportedDay> {
    for (let at = Date.parse(from); at <= Date.parse(to); at += DAY_MS) {
      let afterId = 0;
      for (let full = true; full;) {
        signal.throwIfAborted();
        const rows = await this.usage.exported(dayOf(at), afterId, EXPORTED_AT_ONCE);
        for (const { id, ...row } of rows) {
          afterId = id;
          yield row;
        }
        full = rows.length === EXPORTED_AT_ONCE;
      }
    }
  }

  private async quotaOf(project: string, projectId: number): Promise<ProjectQuota> {
    const quota = await this.quotas.find(projectId);
    if (!quota) throw notFound('quota of the project', project);
    return { project, limits: quota.limits, quotas: this.states(quota) };
  }

  private states({ projectId, limits, held, countedAt }: StoredQuota): QuotaState[] {
    const ofHeld = HELD.flatMap((name: Held) => stateOf(name, limits[name], countedAt === null ? null : held[name]));
    const ofFlows = FLOWS.flatMap((flow: Flow) =>
      stateOf(perDay(flow), limits[perDay(flow)], this.meter.usedToday(projectId, flow)),
    );
    return [...ofHeld, ...ofFlows];
  }
}

function stateOf(quota: Quota, limit: Limit | undefined, used: number | null): QuotaState[] {
  if (!limit) return [];
  const { soft = null, hard = null } = limit;
  return [{ quota, used, soft, hard, state: judged(used, soft, hard) }];
}

function judged(used: number | null, soft: number | null, hard: number | null): QuotaState['state'] {
  if (used === null) return 'counting';
  if (hard !== null && used >= hard) return 'hard';
  return soft !== null && used >= soft ? 'soft' : 'ok';
}
