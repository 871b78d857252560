import { EventEmitter } from 'node:events';
import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Client } from 'pg';
import { newId } from '../common/ids';
import { messageOf } from '../common/message-of';
import { DATABASE_OPTIONS } from './database.tokens';
import type { DatabaseOptions } from './open-database';

/** Postgres accepts less than 8,000 bytes, including the envelope. */
export const MAX_NOTIFICATION_BYTES = 7_000;

/** The session's name in Postgres. Every server on one holds such a session, and nothing else does. */
export const LISTENER_NAME = 'zerodb-notifications';
const CHANNEL = 'zerodb';
const CONNECT_MS = 1_000;
const PING_MS = 15_000;
const ANSWER_MS = 2_000;
const BACK_OFF_MS = 1_000;
/** Messages on their way to the server; further ones are dropped while it does not answer. */
const MAX_QUEUED = 1_000;

type Listener = (payload: string) => void;

/**
 * Short messages between the replicas, over `LISTEN` and `NOTIFY`. The embedded engine has a single process, and
 * messages stay in it. Messages may be lost: treat them as hints and read the record for certainty.
 */
@Injectable()
export class Notifications implements OnModuleDestroy {
  private readonly log = new Logger(Notifications.name);
  private readonly origin = newId();
  private readonly local = new EventEmitter().setMaxListeners(0);
  private client: Promise<Client> | undefined;
  private pinging: NodeJS.Timeout | undefined;
  private retrying: NodeJS.Timeout | undefined;
  private isClosed = false;
  private queued = 0;
  private sending: Promise<unknown> = Promise.resolve();

  constructor(@Inject(DATABASE_OPTIONS) private readonly options: DatabaseOptions) {}

  /** Calls `listener` with messages from every replica, this one included. Returns the function that stops it. */
  listen(channel: string, listener: Listener): () => void {
    this.local.on(channel, listener);
    if (this.options.engine === 'server') void this.connected().catch(() => undefined);
    return () => this.local.off(channel, listener);
  }

  /** Delivers at once in this process, and soon or never in others. */
  notify(channel: string, payload: string): void {
    this.local.emit(channel, payload);
    if (this.options.engine !== 'server' || this.queued >= MAX_QUEUED) return;
    this.queued += 1;
    // Sequential: a client runs one query at a time.
    this.sending = this.sending
      .then(() => this.send(JSON.stringify([this.origin, channel, payload])))
      .catch((error: unknown) => this.log.debug(`A notification was lost: ${messageOf(error)}`))
      .finally(() => (this.queued -= 1));
  }

  async onModuleDestroy(): Promise<void> {
    this.isClosed = true;
    clearInterval(this.pinging);
    clearTimeout(this.retrying);
    const client = await this.client?.catch(() => undefined);
    await client?.end().catch(() => undefined);
  }

  private async send(message: string): Promise<void> {
    const client = await this.connected();
    await client.query('select pg_notify($1, $2)', [CHANNEL, message]);
  }

  private connected(): Promise<Client> {
    if (this.isClosed) return Promise.reject(new Error('closed'));
    this.client ??= this.connect().catch((error: unknown) => {
      this.scheduleReconnect();
      throw error;
    });
    return this.client;
  }

  private async connect(): Promise<Client> {
    if (this.options.engine !== 'server') throw new Error('No server connection is configured.');
    const client = new Client({
      connectionString: this.options.url,
      application_name: LISTENER_NAME,
      connectionTimeoutMillis: CONNECT_MS,
      query_timeout: ANSWER_MS,
      keepAlive: true,
    });
    client.on('error', () => this.scheduleReconnect());
    client.on('end', () => this.scheduleReconnect());
    client.on('notification', ({ payload }) => this.relay(payload ?? ''));
    await client.connect();
    await client.query(`listen ${CHANNEL}`);
    // A listener's connection may break silently; only a query detects that.
    this.pinging = setInterval(
      () => void client.query('select 1').catch(() => this.destroyConnection(client)),
      PING_MS,
    );
    this.pinging.unref();
    return client;
  }

  private relay(message: string): void {
    const [origin, channel, payload] = JSON.parse(message) as [string, string, string];
    if (origin !== this.origin) this.local.emit(channel, payload);
  }

  private destroyConnection(client: Client): void {
    const { connection } = client as unknown as { connection?: { stream?: { destroy(): void } } };
    connection?.stream?.destroy();
    this.scheduleReconnect();
  }

  private scheduleReconnect(): void {
    clearInterval(this.pinging);
    this.client = undefined;
    if (this.isClosed || this.retrying) return;
    this.retrying = setTimeout(() => {
      this.retrying = undefined;
      void this.connected().catch(() => undefined);
    }, BACK_OFF_MS);
    this.retrying.unref();
  }
}
