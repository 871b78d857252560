import { AsyncLocalStorage } from 'node:async_hooks';
import type { Scope } from '../common/scope';

const current = new AsyncLocalStorage<Act>();

/** One operation as the audit log will describe it. Handlers add what only they know. */
export class Act {
  private readonly added = new Map<string, string>();
  private ownScope: Scope | undefined;
  private ownActor: string | undefined;

  /** Names, never secrets or content. */
  get names(): ReadonlyMap<string, string> {
    return this.added;
  }

  /** The project that it turned out to concern. */
  get scope(): Scope | undefined {
    return this.ownScope;
  }

  get actor(): string | undefined {
    return this.ownActor;
  }

  name(kind: string, name: string): void {
    this.added.set(kind, name);
  }

  /** It concerns another project than the caller's. */
  concerns(scope: Scope): void {
    this.ownScope = scope;
  }

  /** Whose right it is done by, where no key was sent. */
  by(actor: string): void {
    this.ownActor = actor;
  }
}

/** The operation of the calling code; `undefined` where none is recorded. */
export const currentAct = (): Act | undefined => current.getStore();

export const inAct = <T>(act: Act, work: () => T): T => current.run(act, work);
