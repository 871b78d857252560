import { Injectable } from '@nestjs/common';
import { Admission } from '../../admission/admission';
import { WrongKeys } from '../../admission/rates/wrong-keys';
import { forbidden, ZeroDbError } from '../../common/errors';
import type { Caller } from '../../common/scope';
import { KnownProjects, type KnownProject } from '../projects/known-projects';
import { tokenIdOf } from './token-id';
import { isSigned, TokenVerifier, type TokenIdentity } from './token-verifier';

/** A request that shows a token. */
export interface TokenRequest {
  readonly token: string;
  /** That `ZeroDB-Project` names. */
  readonly project: string | undefined;
  readonly requestId: string;
  readonly address: string | undefined;
}

/** Who a token stands for, in which project. */
@Injectable()
export class TokenCallers {
  constructor(
    private readonly verifier: TokenVerifier,
    private readonly projects: KnownProjects,
    private readonly wrongKeys: WrongKeys,
    private readonly admission: Admission,
  ) {}

  /** Whether this text is to be checked as a token, and not as a key. */
  takes(presented: string): boolean {
    return this.verifier.takes(presented);
  }

  /**
   * Throws `unauthenticated` or `key_expired`, `forbidden` for the project, `unavailable` while nothing can be checked, and
   * `rate_limited` for a wrong token from an address that tried too many.
   */
  async callerOf(request: TokenRequest): Promise<Caller> {
    const identity = await this.verifier.verify(request.token).catch((error: unknown) => {
      throw this.triedBy(request.address, error);
    });
    const name = projectOf(identity, request.project);
    const project = await this.projects.get(name).catch((error: unknown) => {
      throw isMissing(error) ? noSuchProject() : error;
    });
    if (isOlder(identity, project)) throw forbidden('The token was issued before this project was created.');
    return callerFrom(identity, project, request);
  }

  /** The same for who was seen in the last seconds; `undefined` says nothing. Asks nobody. */
  known({ token, project, requestId }: Omit<TokenRequest, 'address'>): Caller | undefined {
    const identity = this.verifier.known(token);
    const [only, ...others] = identity?.projects ?? [];
    if (!identity || only === undefined || others.length > 0 || project !== undefined) return undefined;
    const found = this.projects.fresh(only);
    if (!found || isOlder(identity, found)) return undefined;
    return callerFrom(identity, found, { requestId, address: undefined });
  }

  private triedBy(address: string | undefined, error: unknown): unknown {
    const isWrong = error instanceof ZeroDbError && error.status === 401 && !isSigned(error);
    if (!isWrong || this.wrongKeys.mayTry(address)) return error;
    this.admission.refusedWrongKey();
    return this.wrongKeys.refusal(address);
  }
}

const isMissing = (error: unknown): boolean => error instanceof ZeroDbError && error.status === 404;

const noSuchProject = (): ZeroDbError => forbidden('The project that the token names does not exist.');

/** Which of the projects of a token is meant. */
const projectOf = ({ projects }: TokenIdentity, wanted: string | undefined): string => {
  if (wanted !== undefined && !projects.includes(wanted)) throw forbidden('The token is for another project.');
  const [first = '', ...others] = projects;
  if (wanted === undefined && others.length > 0) {
    throw forbidden('The token is for several projects: name one with the header ZeroDB-Project.');
  }
  return wanted ?? first;
};

/** A token names its project; one that was deleted leaves its name to another, which is not what the issuer meant. */
const isOlder = ({ issuedAt, toleranceSeconds }: TokenIdentity, { createdAt }: KnownProject): boolean =>
  issuedAt.getTime() + (toleranceSeconds + 1) * 1_000 < createdAt.getTime();

const callerFrom = (
  { issuer, subject, role, expiresAt }: TokenIdentity,
  { scope }: KnownProject,
  { requestId, address }: Pick<TokenRequest, 'requestId' | 'address'>,
): Caller => ({
  scope,
  role,
  isRoot: false,
  keyId: tokenIdOf({ issuer, subject }),
  keyExpiresAt: expiresAt,
  token: { issuer, subject },
  requestId,
  address,
});
