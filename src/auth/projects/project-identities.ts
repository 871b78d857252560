import { Injectable } from '@nestjs/common';
import { ExpiringCache } from '../../common/expiring-cache';
import { notFound } from '../../common/errors';
import type { Scope } from '../../common/scope';
import { ProjectsRepository } from './projects.repository';

/** What a project is called where names outlive it. Neither part ever changes. */
export interface ProjectIdentity {
  /** Random, of `a-z0-9`; unique across installations. */
  readonly uid: string;
  /** The start of the names of its topics and groups on the broker. */
  readonly brokerPrefix: string;
}

const MAX_PROJECTS = 10_000;
const KEPT_MS = 24 * 60 * 60 * 1_000;

/** The prefix of a project that was made since projects have an identity. */
export const brokerPrefixOf = (uid: string, name: string): string => `zerodb.${uid}.${name}.`;

/** The identities of projects, by their number. They never change, so they are remembered. */
@Injectable()
export class ProjectIdentities {
  private readonly known = new ExpiringCache<ProjectIdentity>(MAX_PROJECTS, KEPT_MS);

  constructor(private readonly projects: ProjectsRepository) {}

  /** Throws `not_found` for a project that was deleted before it was looked up. */
  async of({ projectId, projectName }: Scope): Promise<ProjectIdentity> {
    const known = this.known.get(String(projectId));
    if (known) return known;
    const row = await this.projects.identity(projectId);
    if (!row) throw notFound('project', projectName);
    const identity = { uid: row.uid, brokerPrefix: row.broker_prefix ?? brokerPrefixOf(row.uid, row.name) };
    this.known.set(String(projectId), identity);
    return identity;
  }
}
