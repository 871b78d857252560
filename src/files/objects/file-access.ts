import { Injectable } from '@nestjs/common';
import { unauthenticated } from '../../common/errors';
import type { Caller, Scope } from '../../common/scope';
import { ProjectsRepository } from '../../projects/projects.repository';
import { BucketsRepository } from '../buckets/buckets.repository';
import { Presigner, type Grant, type SignedQuery } from './presign';

const DEFAULT_PROJECT = 'default';

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
  constructor(
    private readonly presigner: Presigner,
    private readonly projects: ProjectsRepository,
    private readonly buckets: BucketsRepository,
  ) {}

  /** Throws `unauthenticated` or `forbidden`. */
  async admit(request: FileRequest): Promise<{ scope: Scope; grant?: Grant }> {
    const { caller, query, method } = request;
    // A key was shown, and found to be enough.
    if (caller.scope.projectId !== 0) return { scope: caller.scope };
    if (query.zdb_signature !== undefined) return this.presigner.verify(request, query);
    if (method !== 'GET' && method !== 'HEAD') throw keyNeeded();
    return { scope: await this.publicScope(request) };
  }

  /** Says nothing of what there is and is not public. */
  private async publicScope({ project = DEFAULT_PROJECT, bucket }: FileRequest): Promise<Scope> {
    const scope = await this.projects.find(project);
    const found = scope && (await this.buckets.find(scope, bucket));
    if (!scope || found?.settings.access !== 'public-read') throw keyNeeded();
    return scope;
  }
}

const keyNeeded = () => unauthenticated('Send an API key, or use a signed URL.');
