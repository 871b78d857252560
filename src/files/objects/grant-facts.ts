import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { AccessSignals } from '../../auth/access-signals';
import { isTokenId } from '../../auth/tokens/token-id';
import { ExpiringCache } from '../../common/expiring-cache';
import { ZeroDbError } from '../../common/errors';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';

/** The identities in a signed URL or ticket: project, bucket and key. */
export interface GrantNames {
  /** The project's uid. */
  readonly project: string;
  readonly bucket: string;
  /** The id of the key that signed; `ROOT` for the root key. */
  readonly keyId: string;
}

/** The current objects of these identities. */
export interface GrantFacts {
  readonly scope: Scope;
  /** Changes when the bucket is deleted and recreated. */
  readonly bucketId: string;
  readonly keyRevoked: boolean;
  readonly keyExpiresAt: Date | null;
}

export const ROOT = 'root';

/** How long recently used URLs can be used for reads while Postgres is down. */
const KEPT_MS = 60 * 60 * 1_000;
const MAX_GRANTS = 10_000;

interface Row {
  id: number;
  name: string;
  bucket_id: number;
  made_at: Date;
  key_id: string | null;
  expires_at: Date | null;
  revoked_at: Date | null;
}

/** Looks up the objects of a grant. Queries Postgres each time, so that a revocation applies in all replicas. */
@Injectable()
export class GrantFactsStore implements OnModuleInit, OnModuleDestroy {
  private readonly known = new ExpiringCache<GrantFacts>(MAX_GRANTS, 0, KEPT_MS);
  private stop: () => void = () => undefined;

  constructor(
    private readonly database: Database,
    private readonly signals: AccessSignals,
  ) {}

  onModuleInit(): void {
    this.stop = this.signals.onEnd(() => this.known.clear());
  }

  onModuleDestroy(): void {
    this.stop();
  }

  /**
   * `undefined` when the project, the bucket or the key is gone. `isRead`: remembered ones are used while Postgres is
   * down.
   */
  async find(names: GrantNames, isRead: boolean): Promise<GrantFacts | undefined> {
    const id = JSON.stringify([names.project, names.bucket, names.keyId]);
    try {
      const facts = await this.load(names);
      if (facts) this.known.set(id, facts);
      else this.known.delete(id);
      return facts;
    } catch (error) {
      const kept = this.known.kept(id);
      if (isRead && kept && error instanceof ZeroDbError && error.status === 503) return kept;
      throw error;
    }
  }

  private async load({ project, bucket, keyId }: GrantNames): Promise<GrantFacts | undefined> {
    const { rows } = await this.database.system.query<Row>(
      `select p.id, p.name, b.id as bucket_id, b.created_at as made_at, k.id as key_id, k.expires_at, k.revoked_at
       from zerodb_projects p join zerodb_buckets b on b.project_id = p.id and b.name = $2
       left join zerodb_keys k on k.project_id = p.id and k.id = $3 where p.uid = $1`,
      [project, bucket, keyId],
    );
    const [row] = rows;
    // A token is in no row: what was signed with it ends with it at the latest, which the signature covers.
    const isRowless = keyId === ROOT || isTokenId(keyId);
    if (!row || (!isRowless && row.key_id === null)) return undefined;
    return {
      scope: { projectId: row.id, projectName: row.name },
      bucketId: bucketIdentity({ id: row.bucket_id, created_at: row.made_at }),
      keyRevoked: row.revoked_at !== null,
      keyExpiresAt: row.expires_at,
    };
  }
}

/** A restored database may reuse a number, but not with the same time. */
export const bucketIdentity = ({ id, created_at }: { readonly id: number; readonly created_at: Date }): string =>
  `${id}.${created_at.getTime()}`;
