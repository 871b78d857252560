import { messageOf } from '../../common/message-of';
import { isConnectionLoss } from '../sessions/faults';
import type { Session } from '../sessions/session';

/** Longer than anybody waits: whoever asks has a signal of their own. */
const NEVER_MS = 60_000;

/**
 * A connection beside the pools, kept open and asked one thing at a time: what must not wait for a free one. One that died
 * unnoticed is replaced once.
 */
export class SpareConnection {
  private session: Session | undefined;
  private last: Promise<unknown> = Promise.resolve();
  /** When the session that was given up was asked what it did not answer. */
  private silentSince: number | undefined;

  /** `wasSilent` is told since when, as soon as a new connection is answered in place of one that was not. */
  constructor(
    private readonly open: () => Promise<Session>,
    private readonly wasSilent: (since: number) => void = () => undefined,
  ) {}

  /** When it last heard from the server, by `performance.now()`. */
  get heardAt(): number {
    return this.session?.heardAt ?? Number.NEGATIVE_INFINITY;
  }

  /** Rejects once `signal` aborts; the connection is given up then, as an answer is outstanding. */
  ask(sql: string, params: readonly unknown[], signal: AbortSignal): Promise<void> {
    const asked = this.last.then(() => this.answer(sql, params, signal));
    this.last = asked.catch(() => undefined);
    return asked;
  }

  async close(): Promise<void> {
    await this.session?.end();
  }

  private async answer(sql: string, params: readonly unknown[], signal: AbortSignal): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      if (signal.aborted) throw givenUp(signal);
      const session = await this.connected(signal);
      const { reused } = session;
      const askedAt = performance.now();
      const giveUp = (): void => {
        this.silentSince ??= askedAt;
        session.abandon(givenUp(signal));
      };
      signal.addEventListener('abort', giveUp, { once: true });
      try {
        await session.query(sql, params, NEVER_MS);
        session.reused = true;
        this.tellOfSilence();
        return;
      } catch (error) {
        if (signal.aborted || !reused || attempt > 1 || !isConnectionLoss(error)) throw error;
      } finally {
        signal.removeEventListener('abort', giveUp);
      }
    }
  }

  private tellOfSilence(): void {
    const since = this.silentSince;
    this.silentSince = undefined;
    if (since !== undefined) this.wasSilent(since);
  }

  private async connected(signal: AbortSignal): Promise<Session> {
    if (this.session && !this.session.isDead) return this.session;
    const opening = this.open();
    const session = await orAborted(opening, signal);
    this.session = session;
    return session;
  }
}

/** A connection that is there too late is closed: nobody knows of it. */
const orAborted = (opening: Promise<Session>, signal: AbortSignal): Promise<Session> =>
  new Promise((resolve, reject) => {
    const leave = (): void => {
      void opening.then((session) => session.end()).catch(() => undefined);
      reject(givenUp(signal));
    };
    signal.addEventListener('abort', leave, { once: true });
    void opening.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });

const givenUp = ({ reason }: AbortSignal): Error => new Error(`Connection terminated: ${messageOf(reason)}`);
