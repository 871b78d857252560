import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Admission } from '../admission/admission';
import { WrongKeys } from '../admission/rates/wrong-keys';
import { forbidden, unauthenticated } from '../common/errors';
import { freshOrStale } from '../common/fresh-or-stale';
import type { Access, Caller, Role } from '../common/scope';
import { KnownProjects } from './projects/known-projects';
import { ProjectsRepository } from './projects/projects.repository';
import { AccessSignals, isEndOf, type AccessEnd } from './access-signals';
import { hashKey, isKeyId, isSameHash, keyIdOf } from './keys/api-key';
import { shownSecret, type ShownSecret } from './keys/key-secrets';
import { KeyUses } from './keys/key-uses';
import { ExpiringCache } from '../common/expiring-cache';
import { KeysRepository, type KeyRow } from './keys/keys.repository';
import { KnownKeyIds } from './keys/known-key-ids';
import { RootKey } from './keys/root-key';
import { TokenCallers } from './tokens/token-callers';

/** Whether whoever asks has the key with this hash. */
type IsGenuine = (hash: Buffer) => boolean;

/** Headers as Node returns them. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>;

const CACHE_ENTRIES = 10_000;
/** How long a key is remembered. One that is revoked is forgotten at once, see `AccessSignals` and `AccessWatch`. */
const CACHE_MS = 5_000;
/** How long keys that were used before are accepted while Postgres is gone. */
const KEPT_MS = 60 * 60 * 1_000;
const DEFAULT_PROJECT = 'default';
const RANK: Readonly<Record<Role, number>> = { audit: -1, read: 0, write: 1, admin: 2 };

/** Finds out who is asking and what they may do. */
@Injectable()
export class Authenticator implements OnModuleInit, OnModuleDestroy {
  private readonly keys = new ExpiringCache<KeyRow>(CACHE_ENTRIES, CACHE_MS, KEPT_MS);
  private readonly loading = new Map<string, Promise<KeyRow | undefined>>();

  private stop: () => void = () => undefined;

  constructor(
    private readonly rootKey: RootKey,
    private readonly repository: KeysRepository,
    private readonly projectsRepository: ProjectsRepository,
    private readonly knownIds: KnownKeyIds,
    private readonly wrongKeys: WrongKeys,
    private readonly admission: Admission,
    private readonly signals: AccessSignals,
    private readonly projects: KnownProjects,
    private readonly tokens: TokenCallers,
    private readonly uses: KeyUses,
  ) {}

  onModuleInit(): void {
    this.stop = this.signals.onEnd((end) => this.evict(end));
  }

  onModuleDestroy(): void {
    this.stop();
  }

  /**
   * Throws `unauthenticated`, or `not_found` / `forbidden` for the project named by `ZeroDB-Project`; `rate_limited` for a
   * wrong key from an `address` that tried too many.
   */
  async authenticate(headers: Headers, requestId: string, address?: string): Promise<Caller> {
    const presented = presentedKey(headers);
    if (presented === undefined) {
      throw unauthenticated('Send an API key: "Authorization: Bearer zdb_…", "X-API-Key" or "api-key".');
    }
    const hash = hashKey(presented);
    const project = single(headers['zerodb-project']);
    if (this.rootKey.isRoot(hash)) {
      return {
        scope: (await this.projects.get(project ?? DEFAULT_PROJECT)).scope,
        role: 'admin',
        isRoot: true,
        keyId: null,
        requestId,
        address,
      };
    }
    if (this.tokens.takes(presented)) {
      return await this.tokens.callerOf({ token: presented, project, requestId, address });
    }
    const isShown: IsGenuine = (known) => isSameHash(known, hash);
    const { row, secret } = await this.keyOf(keyIdOf(presented), isShown, address);
    if (project !== undefined && project !== row.project) throw forbidden('The API key belongs to another project.');
    this.uses.note(row.id, secret.rotation);
    return callerOf(row, secret, requestId, address);
  }

  /**
   * The same for who shows no key and proves to have one, such as by a signature. `isGenuine` decides by the key's hash; the key
   * alone decides the project. Throws `unauthenticated` for an unknown key and a wrong proof, `rate_limited` after too many.
   */
  async authenticateSigned(
    id: string,
    isGenuine: IsGenuine,
    { requestId, address }: { readonly requestId: string; readonly address: string },
  ): Promise<Caller> {
    const { row, secret } = await this.keyOf(isKeyId(id) ? id : undefined, isGenuine, address);
    this.uses.note(row.id, secret.rotation);
    return callerOf(row, secret, requestId, address);
  }

  /** Who is asking, where that is known without asking anybody; `undefined` says nothing. */
  cachedCaller(headers: Headers, requestId: string): Caller | undefined {
    const presented = presentedKey(headers);
    if (presented !== undefined && this.tokens.takes(presented)) {
      return this.tokens.known({ token: presented, project: single(headers['zerodb-project']), requestId });
    }
    const id = presented === undefined ? undefined : keyIdOf(presented);
    const row = id === undefined ? undefined : this.keys.get(id);
    if (presented === undefined || !row || headers['zerodb-project'] !== undefined) return undefined;
    const hash = hashKey(presented);
    const secret = shownSecret(row, (known) => isSameHash(known, hash));
    if (!secret || row.revoked_at || isOver(secret)) return undefined;
    return callerOf(row, secret, requestId);
  }

  /** Whether the root key was shown. Asks nobody, so it is told while Postgres is gone. */
  isRoot(headers: Headers): boolean {
    const presented = presentedKey(headers);
    return presented !== undefined && this.rootKey.isRoot(hashKey(presented));
  }

  /** Throws `forbidden` when the caller's key is not enough. */
  authorise(caller: Caller, access: Access): void {
    if (this.allows(caller, access)) return;
    if (access === 'root') throw forbidden('Only the root key may do this.');
    throw forbidden(`This needs a key with the role "${access}"; yours has "${caller.role}".`);
  }

  /** Whether `authorise` would let them. */
  allows({ role, isRoot }: Caller, access: Access): boolean {
    if (access === 'root') return isRoot;
    if (access === 'audit') return role === 'audit' || role === 'admin';
    return RANK[role] >= RANK[access];
  }

  /** The keys that were used in the last seconds, at most `limit`, the ones used last. */
  rememberedKeys(limit: number): Pick<KeyRow, 'id' | 'rotation'>[] {
    return [...this.keys.fresh()].slice(-limit).map(([, { id, rotation }]) => ({ id, rotation }));
  }

  private evict(end: AccessEnd): void {
    this.keys.deleteWhere(({ id, rotation, project_id }) =>
      isEndOf(end, { keyId: id, rotation, projectId: project_id }),
    );
  }

  private async keyOf(id: string | undefined, isShown: IsGenuine, address: string | undefined): Promise<KnownKey> {
    const cached = id === undefined ? undefined : this.keys.get(id);
    const known = withSecret(cached, isShown) ?? withSecret(await this.sought(id, cached, isShown, address), isShown);
    if (!known) throw unknownKey();
    const { row, secret } = known;
    if (row !== cached) this.wrongKeys.wasGood(address);
    if (row.revoked_at) throw unauthenticated('The API key has been revoked.', 'key_revoked');
    if (secret.isReplaced) throw unauthenticated('This secret of the API key was replaced.', 'key_revoked');
    if (isOver(secret)) throw unauthenticated('The API key has expired.', 'key_expired');
    return known;
  }

  /** A remembered key without the secret that was shown is read again, as that may be new; a wrong one is a wrong try. */
  private async sought(
    id: string | undefined,
    cached: KeyRow | undefined,
    isShown: IsGenuine,
    address: string | undefined,
  ): Promise<KeyRow | undefined> {
    if (!cached) return await this.tried(id, isShown, address);
    if (!this.wrongKeys.mayTry(address)) throw this.tooManyTries(address);
    // What is remembered lacks the secret: it is no answer while Postgres is late.
    return await this.loadOnce(cached.id);
  }

  /**
   * Looks a key up that is not in the cache. An address that tried too many wrong ones is looked up ids alone that exist:
   * whoever shares it, behind a proxy, is served.
   */
  private async tried(
    id: string | undefined,
    isShown: IsGenuine,
    address: string | undefined,
  ): Promise<KeyRow | undefined> {
    const mayTry = this.wrongKeys.mayTry(address);
    if (id === undefined) {
      if (mayTry) return undefined;
      throw this.tooManyTries(address);
    }
    const kept = this.keys.kept(id);
    if (!mayTry && !kept && !(await this.knownIds.has(id))) throw this.tooManyTries(address);
    const stale = withSecret(kept, isShown)?.row;
    return await freshOrStale(() => this.loadOnce(id), stale, this.projectsRepository.silentMs);
  }

  private tooManyTries(address: string | undefined): Error {
    this.admission.refusedWrongKey();
    return this.wrongKeys.refusal(address);
  }

  /** Requests that come at once with one key look it up once. */
  private loadOnce(id: string): Promise<KeyRow | undefined> {
    const running = this.loading.get(id);
    if (running) return running;
    const loading = this.load(id).finally(() => this.loading.delete(id));
    this.loading.set(id, loading);
    return loading;
  }

  /** The entry keeps the time it was read at: being used does not make it younger. */
  private async load(id: string): Promise<KeyRow | undefined> {
    const row = await this.repository.find(id);
    if (row) this.keys.set(id, row);
    else this.keys.delete(id);
    return row;
  }
}

interface KnownKey {
  readonly row: KeyRow;
  readonly secret: ShownSecret;
}

const withSecret = (row: KeyRow | undefined, isShown: IsGenuine): KnownKey | undefined => {
  const secret = row && shownSecret(row, isShown);
  return secret && { row, secret };
};

const isOver = ({ expiresAt, isReplaced }: ShownSecret): boolean =>
  isReplaced || (expiresAt !== null && expiresAt.getTime() <= Date.now());

const callerOf = (row: KeyRow, { rotation, expiresAt }: ShownSecret, requestId: string, address?: string): Caller => ({
  scope: { projectId: row.project_id, projectName: row.project },
  role: row.role,
  isRoot: false,
  keyId: row.id,
  keyExpiresAt: expiresAt,
  keyRotation: rotation,
  requestId,
  address,
});

/** The id of the project's key that was shown, known or not. */
export const claimedKeyId = (headers: Headers): string | undefined =>
  keyIdOf(presentedKey(headers) ?? '') ?? SIGNED_BY.exec(single(headers.authorization) ?? '')?.[1];

/** The access key of S3's signatures is the id of a key. */
const SIGNED_BY = /^AWS4-HMAC-SHA256 +Credential=([0-9a-f]{16})\//;

const unknownKey = () => unauthenticated('The API key is not known, or its project has been deleted.');

/** `Token` and `X-Chroma-Token` are what clients of mem0 and Chroma send. */
const presentedKey = (headers: Headers): string | undefined => {
  const bearer = /^(?:Bearer|Token) +(\S+) *$/i.exec(single(headers.authorization) ?? '')?.[1];
  return bearer ?? single(headers['x-api-key']) ?? single(headers['api-key']) ?? single(headers['x-chroma-token']);
};

const single = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);
