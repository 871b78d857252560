import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { notFound } from '../../common/errors';
import { ExpiringCache } from '../../common/expiring-cache';
import { freshOrStale } from '../../common/fresh-or-stale';
import type { Scope } from '../../common/scope';
import { AccessSignals, isEndOf } from '../access-signals';
import { ProjectsRepository } from './projects.repository';

/** A project as requests name it. */
export interface KnownProject {
  readonly scope: Scope;
  readonly createdAt: Date;
}

const CACHE_ENTRIES = 10_000;
/** How long a project is remembered. One that is deleted is forgotten at once, see `AccessSignals`. */
const CACHE_MS = 5_000;
/** How long those that were used before are accepted while Postgres is gone. */
const KEPT_MS = 60 * 60 * 1_000;

/** Projects by their names, remembered for some seconds. */
@Injectable()
export class KnownProjects implements OnModuleInit, OnModuleDestroy {
  private readonly projects = new ExpiringCache<KnownProject>(CACHE_ENTRIES, CACHE_MS, KEPT_MS);
  private stop: () => void = () => undefined;

  constructor(
    private readonly repository: ProjectsRepository,
    private readonly signals: AccessSignals,
  ) {}

  onModuleInit(): void {
    this.stop = this.signals.onEnd((end) =>
      this.projects.deleteWhere(({ scope: { projectId } }) => isEndOf(end, { keyId: null, projectId })),
    );
  }

  onModuleDestroy(): void {
    this.stop();
  }

  /** One that was read in the last seconds. Asks nobody. */
  fresh(name: string): KnownProject | undefined {
    return this.projects.get(name);
  }

  /** Throws `not_found`. */
  async get(name: string): Promise<KnownProject> {
    const known = this.projects.get(name);
    if (known) return known;
    const found = await freshOrStale(() => this.load(name), this.projects.kept(name), this.repository.silentMs);
    if (!found) throw notFound('project', name);
    return found;
  }

  private async load(name: string): Promise<KnownProject | undefined> {
    const project = await this.repository.findKnown(name);
    if (project) this.projects.set(name, project);
    else this.projects.delete(name);
    return project;
  }
}
