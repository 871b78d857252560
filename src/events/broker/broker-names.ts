import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Scope } from '../../common/scope';
import { Database, type Executor } from '../../database/database.port';
import { ProjectIdentities } from '../../auth/projects/project-identities';

/** The longest name that brokers accept. */
export const MAX_BROKER_NAME = 249;

type Kind = 'topic' | 'group';

/**
 * Names on the broker. They begin with the prefix of their project, and are never reused: a recreated topic or group
 * would otherwise read the leftovers of the deleted one, or continue at its offsets. Our names never contain two dots
 * in a row, so a number after two dots is unambiguous.
 */
@Injectable()
export class BrokerNames {
  constructor(
    private readonly database: Database,
    private readonly identities: ProjectIdentities,
  ) {}

  async prefixOf(scope: Scope): Promise<string> {
    return (await this.identities.of(scope)).brokerPrefix;
  }

  /** The name with the project's prefix, and a number if a deleted one used it. It may be too long. */
  async fresh(scope: Scope, kind: Kind, name: string): Promise<string> {
    const prefix = await this.prefixOf(scope);
    const wanted = name.startsWith(prefix) ? name : `${prefix}${name}`;
    const { rows } = await this.database.system.query<{ name: string }>(
      `select name from zerodb_broker_tombstones where kind = $1 and (name = $2 or starts_with(name, $2 || '..'))`,
      [kind, wanted],
    );
    return rows.length === 0 ? wanted : `${wanted}..${rows.length + 1}`;
  }

  /**
   * Call in the transaction that deletes the owners of these names: the names are removed from the broker once it is
   * reachable, and never reused. Without a broker they were never used.
   */
  async scheduleRemoval(tx: Executor, scope: Scope, kind: Kind, names: readonly string[]): Promise<void> {
    await tx.query(INSERT_TOMBSTONES, [kind, names, scope.projectId]);
  }
}

/** The project may not remove names outside of its prefix. */
const INSERT_TOMBSTONES = `insert into zerodb_broker_tombstones (kind, name, project_uid)
  select $1, n.name, p.uid from zerodb_projects p, unnest($2::text[]) as n (name)
  where p.id = $3 and starts_with(n.name, coalesce(p.broker_prefix, 'zerodb.' || p.uid || '.' || p.name || '.'))
    and exists (select from zerodb_broker_marks)
  on conflict (kind, name) do nothing`;

/** The name; if it is too long, its start and a digest of the whole. */
export const shortened = (name: string): string => {
  if (name.length <= MAX_BROKER_NAME) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 32);
  return `${name.slice(0, MAX_BROKER_NAME - hash.length - 1)}-${hash}`;
};
