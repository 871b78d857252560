import type { ZeroDbClient } from './client';
import { ApiError, UnreachableError } from './errors';
import { delayUntilNext, endOf, type EventMessage, type EventOptions } from './event-stream';
import { pause } from './retry';
import type { StoredEvent } from './shapes';

/** The part of a `WebSocket` that is used: that of browsers, Node 22, Deno, Bun, edge workers, and of the package `ws`. */
export interface SocketLike {
  send(data: string): void;
  close(code?: number, reason?: string): void;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
}
export type SocketClass = new (url: string) => SocketLike;

export interface RealtimeSettings {
  readonly url: string;
  readonly key?: string | undefined;
  readonly project?: string | undefined;
  /** Default: the `WebSocket` of the platform. Node 20 has none: pass that of `ws`. */
  readonly WebSocket?: SocketClass | undefined;
}

/** What a channel says. */
export type ChannelMessage =
  | { readonly kind: 'joined'; readonly members: readonly ChannelMember[] }
  | { readonly kind: 'presence'; readonly change: 'join' | 'update' | 'leave'; readonly member: ChannelMember }
  | { readonly kind: 'broadcast'; readonly from: string; readonly event: string; readonly payload: unknown };
export interface ChannelMember {
  readonly id: string;
  readonly state: Readonly<Record<string, unknown>>;
}

type Message = Readonly<Record<string, unknown>> & { readonly type: string };

/** Messages that wait for their reader. A slower reader is disconnected, and reads on from its offset. */
const MOST_WAITING = 1_000;
const OPENING_MS = 15_000;
const PING_MS = 15_000;
/** A peer that answered no ping for so long has vanished. */
const SILENCE_MS = 45_000;
const STATUS_OF_CLOSE: Readonly<Record<number, number>> = { 4401: 401, 4403: 403, 4429: 429 };

/** The events of a topic over a WebSocket, with the promises of `streamEvents`. */
export async function* subscribe(
  client: ZeroDbClient,
  settings: RealtimeSettings,
  topic: string,
  options: EventOptions = {},
): AsyncGenerator<EventMessage, void, undefined> {
  const { types, filter, signal } = options;
  let after = options.after ?? (await endOf(client, topic, signal));
  for (let attempt = 0; ; attempt += 1) {
    const connection = new Connection(settings, signal);
    try {
      await connection.open();
      connection.send({ type: 'subscribe', id: 's', topic, after, ...(types && { types }), ...(filter && { filter }) });
      for await (const message of connection.messages()) {
        if (message.type === 'subscribed') attempt = 0;
        const given = eventMessageOf(message);
        if (given === undefined) continue;
        after = given.kind === 'event' ? given.offset : given.first_offset - 1;
        yield given;
      }
    } catch (error) {
      await comeBack(error, attempt, signal);
    } finally {
      connection.end();
    }
  }
}

/** Membership of a channel: presence and broadcasts, which are not stored. Joins again after a broken connection. */
export class Channel {
  private connection: Connection | undefined;

  constructor(
    private readonly settings: RealtimeSettings,
    private readonly name: string,
    private state: Readonly<Record<string, unknown>> = {},
  ) {}

  /** Joins, and returns what the channel says until the signal aborts or the reader stops. */
  async *messages(signal?: AbortSignal): AsyncGenerator<ChannelMessage, void, undefined> {
    for (let attempt = 0; ; attempt += 1) {
      const connection = new Connection(this.settings, signal);
      try {
        await connection.open();
        connection.send({ type: 'join', channel: this.name, state: this.state });
        this.connection = connection;
        for await (const message of connection.messages()) {
          attempt = 0;
          if (isOfChannel(message)) yield { ...message, kind: message.type } as unknown as ChannelMessage;
        }
      } catch (error) {
        await comeBack(error, attempt, signal);
      } finally {
        this.connection = undefined;
        connection.end();
      }
    }
  }

  /** Whether it was sent: false while the connection is being opened. A new state is sent with the next join. */
  setState(state: Readonly<Record<string, unknown>>): boolean {
    this.state = state;
    return this.connection?.send({ type: 'presence', channel: this.name, state }) ?? false;
  }

  /** Sends to all other members. Whether it was sent: false while the connection is being opened. */
  broadcast(event: string, payload: unknown): boolean {
    return this.connection?.send({ type: 'broadcast', channel: this.name, event, payload }) ?? false;
  }
}

const isOfChannel = ({ type }: Message): boolean => type === 'joined' || type === 'presence' || type === 'broadcast';

async function comeBack(error: unknown, attempt: number, signal: AbortSignal | undefined): Promise<void> {
  const delayMs = signal?.aborted === true ? undefined : delayUntilNext(error, attempt);
  if (delayMs === undefined) throw error;
  await pause(delayMs, signal);
}

const eventMessageOf = (message: Message): EventMessage | undefined => {
  if (message.type === 'reset') {
    return { kind: 'reset', first_offset: Number(message['first_offset']), after: Number(message['after']) };
  }
  if (message.type !== 'event') return undefined;
  const event = message['event'] as StoredEvent;
  return { kind: 'event', offset: event.offset, event };
};

/** Not every platform takes relative addresses for sockets. */
const baseOf = (url: string): string =>
  url === '' ? ((globalThis as { location?: { origin: string } }).location?.origin ?? '') : url;

/** One authenticated socket and the messages that wait for their reader. */
class Connection {
  private readonly socket: SocketLike;
  private readonly waiting: Message[] = [];
  private readonly timer: ReturnType<typeof setInterval>;
  private readonly abort = (): void => this.fail(this.signal?.reason);
  private wake: () => void = () => undefined;
  private failure: { readonly reason: unknown } | undefined;
  private heardAt = performance.now();
  private isReady = false;

  constructor(
    private readonly settings: RealtimeSettings,
    private readonly signal: AbortSignal | undefined,
  ) {
    const Socket = settings.WebSocket ?? (globalThis as { WebSocket?: SocketClass }).WebSocket;
    if (Socket === undefined) throw new TypeError('This platform has no WebSocket: pass one in the settings.');
    this.socket = new Socket(`${baseOf(settings.url).replace(/^http/, 'ws')}/v1/realtime`);
    const { key, project } = settings;
    this.socket.onopen = () => this.socket.send(JSON.stringify({ type: 'auth', key, ...(project && { project }) }));
    this.socket.onmessage = ({ data }: { data: unknown }) => this.received(JSON.parse(String(data)) as Message);
    this.socket.onerror = () => this.fail(this.unreachable('the connection failed'));
    this.socket.onclose = ({ code }: { code: number }) => this.fail(this.closed(code));
    this.timer = setInterval(() => this.look(), PING_MS);
    if (signal?.aborted === true) this.abort();
    else signal?.addEventListener('abort', this.abort, { once: true });
  }

  /** Resolves when the server has accepted the key. */
  async open(): Promise<void> {
    const timer = setTimeout(() => this.fail(this.unreachable(`no answer in ${OPENING_MS} ms`)), OPENING_MS);
    try {
      while (!this.isReady) await this.next();
    } finally {
      clearTimeout(timer);
    }
  }

  send(message: Message): boolean {
    if (this.failure !== undefined) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  /** Until the connection breaks: then rejects, after the last message that came. */
  async *messages(): AsyncGenerator<Message, never, undefined> {
    for (;;) {
      for (let message = this.waiting.shift(); message !== undefined; message = this.waiting.shift()) yield message;
      await this.next();
    }
  }

  end(): void {
    this.failure ??= { reason: undefined };
    clearInterval(this.timer);
    this.signal?.removeEventListener('abort', this.abort);
    try {
      this.socket.close(1000);
    } catch {
      // It never opened.
    }
  }

  private async next(): Promise<void> {
    this.mustBeOpen();
    await new Promise<void>((resolve) => (this.wake = resolve));
    if (this.waiting.length === 0) this.mustBeOpen();
  }

  private mustBeOpen(): void {
    if (this.failure !== undefined) throw this.failure.reason;
  }

  private received(message: Message): void {
    if (this.failure !== undefined) return;
    this.heardAt = performance.now();
    if (message.type === 'ready') this.isReady = true;
    else if (message.type === 'error') this.fail(errorIn(message));
    else if (message.type !== 'pong') this.waiting.push(message);
    if (this.waiting.length >= MOST_WAITING) this.fail(this.unreachable('the reader is slow'));
    this.wake();
  }

  private look(): void {
    if (performance.now() - this.heardAt > SILENCE_MS) this.fail(this.unreachable(`silent for ${SILENCE_MS} ms`));
    else if (this.isReady) this.send({ type: 'ping' });
  }

  private fail(reason: unknown): void {
    if (this.failure === undefined) {
      this.failure = { reason };
      this.end();
    }
    this.wake();
  }

  private closed(code: number): Error {
    const status = STATUS_OF_CLOSE[code];
    return status === undefined ? this.unreachable(`closed with ${code}`) : refusal(status, `closed with ${code}`);
  }

  private unreachable(reason: string): UnreachableError {
    return new UnreachableError(this.settings.url, reason);
  }
}

const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  unauthenticated: 401,
  key_expired: 401,
  key_revoked: 401,
  forbidden: 403,
  not_found: 404,
  invalid: 422,
  rate_limited: 429,
  share_exceeded: 429,
  internal: 500,
};

const errorIn = (message: Message): ApiError => {
  const code = String(message['code']);
  return refusal(STATUS_OF_CODE[code] ?? 503, String(message['message']), code);
};

const refusal = (status: number, detail: string, code = `http_${status}`): ApiError => {
  const retryable = status === 429 || status >= 500;
  return new ApiError({ status, code, title: 'Refused', detail, errors: [], retryable });
};
