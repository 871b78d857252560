import { Injectable } from '@nestjs/common';
import { currentAct } from '../../api/act';
import { Admission } from '../../admission/admission';
import { ExpiringCache } from '../../common/expiring-cache';
import { unauthenticated } from '../../common/errors';
import type { Caller, Scope } from '../../common/scope';
import { PostgresAway } from '../../registry/postgres-away';
import { ProjectsRepository } from '../../auth/projects/projects.repository';
import { BucketsRepository } from '../buckets/buckets.repository';
import { mustHaveNone } from './response-overrides';
import { Presigner, type Grant, type SignedQuery } from './presign';

const DEFAULT_PROJECT = 'default';
/** How long the last known visibility of buckets is used while Postgres is down. */
const KEPT_MS = 60 * 60 * 1_000;
const MAX_BUCKETS = 1_000;

export interface FileRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE';
  readonly bucket: string;
  readonly key: string;
  readonly query: SignedQuery;
  readonly caller: Caller;
  readonly project: string | undefined;
}

/** Who may use a file without a key: the holder of a signed URL, and readers of a public bucket. */
@Injectable()
export class FileAccess {
  /** Queried for each request: a bucket that becomes private is private at once. */
  private readonly publicBuckets = new ExpiringCache<Scope>(MAX_BUCKETS, 0, KEPT_MS);

  constructor(
    private readonly presigner: Presigner,
    private readonly projects: ProjectsRepository,
    private readonly buckets: BucketsRepository,
    private readonly admission: Admission,
    private readonly away: PostgresAway,
  ) {}

  /** Throws `unauthenticated`, `forbidden` or `rate_limited`; for a write `overloaded` or `share_exceeded`, too. */
  async admit(request: FileRequest): Promise<{ scope: Scope; grant?: Grant }> {
    // A sufficient key was sent.
    if (request.caller.scope.projectId !== 0) return { scope: request.caller.scope };
    const admitted = await this.admitGuest(request);
    const act = currentAct();
    act?.concerns(admitted.scope);
    if (admitted.grant) act?.by(`url:${admitted.grant.keyId}`);
    // Anonymous reads use the budget of the project that owns the files.
    this.admission.charge({ ...request.caller, scope: admitted.scope });
    // Nobody could ask before the project was known; a deletion then waits in the line.
    if (request.method === 'PUT') this.admission.mustBeAdmissible('write', admitted.scope);
    return admitted;
  }

  private async admitGuest(request: FileRequest): Promise<{ scope: Scope; grant?: Grant }> {
    const { query, method } = request;
    if (query.zdb_signature !== undefined) return this.presigner.verify(request, query);
    if (method !== 'GET' && method !== 'HEAD') throw keyNeeded();
    mustHaveNone(query);
    return { scope: await this.publicScope(request) };
  }

  /** Does not reveal whether a private file exists. */
  private async publicScope({ project = DEFAULT_PROJECT, bucket }: FileRequest): Promise<Scope> {
    const id = `${project}/${bucket}`;
    const kept = this.publicBuckets.kept(id);
    const load = (): Promise<Scope | undefined> => this.lookUp(project, bucket);
    // A bucket may have become private through another replica: what is remembered is for when nobody can be asked.
    const scope = await (kept ? this.away.otherwise(load, () => Promise.resolve(kept)) : load());
    if (!scope) throw keyNeeded();
    return scope;
  }

  private async lookUp(project: string, bucket: string): Promise<Scope | undefined> {
    const scope = await this.projects.find(project);
    const found = scope && (await this.buckets.find(scope, bucket));
    const id = `${project}/${bucket}`;
    if (!scope || found?.settings.access !== 'public-read') {
      this.publicBuckets.delete(id);
      return undefined;
    }
    this.publicBuckets.set(id, scope);
    return scope;
  }
}

const keyNeeded = () => unauthenticated('Send an API key, or use a signed URL.');
