/**
 * The tenant on whose behalf something is done. A required argument of everything that touches data: there is no
 * default scope, so forgetting it is a compile error.
 */
export interface Scope {
  readonly projectId: number;
  readonly projectName: string;
}

/** What a key may do. Each of `read`, `write`, `admin` includes the ones before it; `audit` reads the audit log and nothing else. */
export type Role = 'audit' | 'read' | 'write' | 'admin';

/** What an operation asks of a key. `audit`: a key of that role, or an admin's. `root` is for what belongs to no project. */
export type Access = Role | 'root';

/** The caller: the scope they act in and what they may do there. */
export interface Caller {
  readonly scope: Scope;
  readonly role: Role;
  /** The root key acts on every project; a project's key only on its own. */
  readonly isRoot: boolean;
  /** `null` for the root key. Of who has shown a token: a hash of issuer and subject. */
  readonly keyId: string | null;
  /** When the key or the token expires; absent when it does not. */
  readonly keyExpiresAt?: Date | null;
  /** Which of the key's secrets was shown, counted from 0; absent for the root key and tokens. */
  readonly keyRotation?: number;
  /** Who the token is about, in whose name it was issued; absent for keys. */
  readonly token?: { readonly issuer: string; readonly subject: string };
  readonly requestId: string;
  /** The client's, where it is known. */
  readonly address?: string | undefined;
}
