import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { BackgroundLoop } from '../common/background-loop';
import { BackgroundWork } from '../common/background-work';
import { unauthenticated, type ZeroDbError } from '../common/errors';
import { messageOf } from '../common/message-of';
import type { Caller } from '../common/scope';
import { AccessSignals, isEndOf, type AccessEnd, type Holder } from './access-signals';
import { Authenticator } from './authenticator';
import { isTokenId } from './tokens/token-id';
import { KeysRepository } from './keys/keys.repository';

const BACKGROUND_PIECE = {
  name: 'access_watch',
  description: 'Ends connections whose key was revoked or has expired, or whose project was deleted.',
  /** With the statement's own time, what was revoked ends within a second although the signal was lost. */
  intervalMs: 500,
  role: 'any',
} as const;
/** Keys that one statement asks for. */
const MAX_KEYS = 5_000;
const MAX_TIMER_MS = 60 * 60_000;

/** A caller that stays: a stream, a socket, a long request. */
interface Held extends Holder {
  readonly end: (reason: ZeroDbError) => void;
}

/**
 * Ends what outlives the look at a key: connections and long requests, once their key is revoked or has expired, or
 * their project is deleted. One statement asks for all of them and for the keys that the authenticator remembers.
 */
@Injectable()
export class AccessWatch implements OnModuleInit, OnModuleDestroy {
  private readonly log = new Logger(AccessWatch.name);
  private readonly held = new Set<Held>();
  private readonly loop: BackgroundLoop;
  private isLooking = false;
  private stop: () => void = () => undefined;

  constructor(
    private readonly repository: KeysRepository,
    private readonly signals: AccessSignals,
    private readonly authenticator: Authenticator,
    background: BackgroundWork,
  ) {
    this.loop = background.every(BACKGROUND_PIECE, () => this.checkNow());
  }

  onModuleInit(): void {
    this.stop = this.signals.onEnd((end) => this.ended(end));
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    this.stop();
    await this.loop.stop();
  }

  /** Calls `end` once, when the caller is no longer welcome. Returns the function that lets go of it. */
  watch(
    { keyId, keyRotation, scope, keyExpiresAt }: Pick<Caller, 'keyId' | 'keyRotation' | 'scope' | 'keyExpiresAt'>,
    end: (reason: ZeroDbError) => void,
  ): () => void {
    const entry: Held = { keyId, rotation: keyRotation, projectId: scope.projectId, end };
    this.held.add(entry);
    // The end is known beforehand: it comes in time although Postgres is silent, and no row knows that of a token.
    const cancel = keyExpiresAt ? at(keyExpiresAt, () => this.expire(entry)) : () => undefined;
    return () => {
      cancel();
      this.held.delete(entry);
    };
  }

  /** Public for tests: asks for everybody now. */
  async checkNow(): Promise<void> {
    if (this.isLooking) return;
    this.isLooking = true;
    try {
      for (const end of await this.ends()) this.signals.found(end);
    } catch (error) {
      // Do not disconnect anyone because Postgres is unreachable.
      this.log.debug(`Revoked keys cannot be checked now: ${messageOf(error)}`);
      this.loop.recordFault(error);
    } finally {
      this.isLooking = false;
    }
  }

  private async ends(): Promise<AccessEnd[]> {
    const remembered = this.authenticator.rememberedKeys(MAX_KEYS);
    const keys = new Set(remembered.map(({ id, rotation }) => secretName(id, rotation)));
    const projects = new Set<number>();
    for (const { keyId, rotation = 0, projectId } of this.held) {
      if (keyId === null || isTokenId(keyId)) projects.add(projectId);
      else keys.add(secretName(keyId, rotation));
    }
    if (keys.size === 0 && projects.size === 0) return [];
    const valid = await this.repository.stillValid([...keys], [...projects]);
    const [known, there] = [new Set(valid.keys), new Set(valid.projects)];
    return [
      ...[...keys].filter((name) => !known.has(name)).map((name) => endOf(name)),
      ...[...projects].filter((id) => !there.has(id)).map((projectId) => ({ projectId })),
    ];
  }

  private expire(entry: Held): void {
    if (!this.held.delete(entry)) return;
    entry.end(unauthenticated('The API key or the token has expired.', 'key_expired'));
  }

  private ended(end: AccessEnd): void {
    for (const entry of this.held) {
      if (!isEndOf(end, entry)) continue;
      this.held.delete(entry);
      entry.end(reasonOf(end));
    }
  }
}

/** As `KeysRepository.stillValid` names a secret. */
const secretName = (keyId: string, rotation: number): string => `${keyId}:${rotation}`;

/** This secret and those before it: the next one may be alive. */
const endOf = (name: string): AccessEnd => {
  const [keyId = '', rotation] = name.split(':');
  return { keyId, through: Number(rotation) };
};

/** Calls `then` at that time. A timer counts no more than 24 days. */
const at = (time: Date, then: () => void): (() => void) => {
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    const leftMs = time.getTime() - Date.now();
    if (leftMs <= 0) return then();
    timer = setTimeout(wait, Math.min(leftMs, MAX_TIMER_MS));
    timer.unref();
  };
  timer = setTimeout(wait, Math.max(0, Math.min(time.getTime() - Date.now(), MAX_TIMER_MS)));
  timer.unref();
  return () => clearTimeout(timer);
};

const reasonOf = (end: AccessEnd): ZeroDbError =>
  'keyId' in end
    ? unauthenticated('The API key was revoked, replaced, or has expired.', 'key_revoked')
    : unauthenticated('The project of the API key has been deleted.');
