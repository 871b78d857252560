import { messageOf } from '../../common/message-of';
import { isConnectionLoss } from '../sessions/faults';
import type { Session } from '../sessions/session';

/** Longer than any caller waits: each passes its own signal. */
const NEVER_MS = 60_000;

/**
 * A connection beside the pools, for statements that must not wait for a free one. It stays open and runs one statement
 * at a time. A connection that broke unnoticed is replaced once.
 */
export class SpareConnection {
  private session: Session | undefined;
  private last: Promise<unknown> = Promise.resolve();
  /** When the abandoned session was sent the statement that it did not answer. */
  private silentSince: number | undefined;

  /** Since when it has waited for an answer, connections that could not be opened included. */
  private waitingSince: number | undefined;

  /** Calls `wasSilent` with the start of the silence, once a new connection answers in place of a silent one. */
  constructor(
    private readonly open: () => Promise<Session>,
    private readonly wasSilent: (since: number) => void = () => undefined,
  ) {}

  /** When it last received an answer from the server, by `performance.now()`. */
  get heardAt(): number {
    return this.session?.heardAt ?? Number.NEGATIVE_INFINITY;
  }

  /** Since when it has waited for an answer; `undefined` when it received one. */
  get unansweredSince(): number | undefined {
    return this.waitingSince;
  }

  /** Rejects once `signal` aborts; the connection is abandoned then, because an answer is outstanding. */
  query(sql: string, params: readonly unknown[], signal: AbortSignal): Promise<void> {
    const asked = this.last.then(() => this.queryWithRetry(sql, params, signal));
    this.last = asked.catch(() => undefined);
    return asked;
  }

  async close(): Promise<void> {
    await this.session?.end();
  }

  /** Drops the connection at once: another one is answered in its place. */
  destroy(): void {
    this.session?.destroy(new Error('Connection terminated: another one is answered in its place'));
  }

  private async queryWithRetry(sql: string, params: readonly unknown[], signal: AbortSignal): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      if (signal.aborted) throw givenUp(signal);
      this.waitingSince ??= performance.now();
      const session = await this.connected(signal).catch((error: unknown) => {
        // A refusal is an answer, too.
        if (isRefusal(error)) this.waitingSince = undefined;
        throw error;
      });
      const { reused } = session;
      const askedAt = performance.now();
      const giveUp = (): void => {
        this.silentSince ??= askedAt;
        session.destroy(givenUp(signal));
      };
      signal.addEventListener('abort', giveUp, { once: true });
      try {
        await session.query(sql, params, NEVER_MS);
        session.reused = true;
        this.waitingSince = undefined;
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

/** Closes a connection that opens after the abort: no caller holds it. */
const orAborted = (opening: Promise<Session>, signal: AbortSignal): Promise<Session> =>
  new Promise((resolve, reject) => {
    const leave = (): void => {
      void opening.then((session) => session.end()).catch(() => undefined);
      reject(givenUp(signal));
    };
    signal.addEventListener('abort', leave, { once: true });
    void opening.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });

const isRefusal = (error: unknown): boolean =>
  /^\d[0-9A-Z]{4}$/.test((error as { readonly code?: string } | undefined)?.code ?? '');

const givenUp = ({ reason }: AbortSignal): Error => new Error(`Connection terminated: ${messageOf(reason)}`);
