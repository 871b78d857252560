import { parse as parseSafely } from 'secure-json-parse';
import type { RawData, WebSocket } from 'ws';
import { TokenBuckets, type Rate } from '../../admission/rates/token-buckets';
import { invalid, notFound, rateLimited, ZeroDbError } from '../../common/errors';
import { newId } from '../../common/ids';
import { asOperation } from '../../common/named-operation';
import { isNestedTooDeep } from '../../common/nesting';
import type { Caller } from '../../common/scope';
import { UNSTORABLE, unstorableIn } from '../../common/storable';
import { span, type SpanFacts } from '../../common/tracing';
import { withOffset, type StoredEvent } from '../event';
import type { EventLog } from '../log/event-log';
import { isSelected, parseEventFilter, type EventSelection } from '../stream/event-selection';
import { LogSubscription, type Gap, type SubscriptionSink } from '../stream/log-subscription';
import type { LogTail } from '../stream/log-tail';
import type { TopicsService } from '../topics/topics.service';
import type { Channels } from './channels';
import { clientMessage, type ClientMessage } from './messages';

export interface RealtimePorts {
  readonly topics: TopicsService;
  readonly log: EventLog;
  readonly tail: LogTail;
  readonly channels: Channels;
  /** Charges the project's budget of requests. Throws `rate_limited`. */
  readonly charge: (caller: Caller) => void;
}

const MAX_SUBSCRIPTIONS = 50;
const MAX_CHANNELS = 50;
/** Maximum unsent bytes; beyond them the client is slow, and resumes from the log later. */
const HIGH_WATER_BYTES = 256 * 1024;
const DRAIN_LOOK_MS = 100;
/** Messages a client may send. */
const RATE: Rate = { perSecond: 50, burst: 200 };

/** One authenticated WebSocket: its subscriptions and its channels. */
export class RealtimeConnection {
  private readonly memberId = newId();
  private readonly subscriptions = new Map<string, LogSubscription>();
  private readonly joined = new Set<string>();
  private readonly budget = new TokenBuckets<'messages'>(RATE);

  constructor(
    private readonly ports: RealtimePorts,
    private readonly socket: WebSocket,
    private readonly caller: Caller,
  ) {
    this.send({ type: 'ready', id: this.memberId, project: caller.scope.projectName });
  }

  readonly onMessage = asOperation('realtime', (data: RawData, isBinary: boolean) => this.receive(data, isBinary));

  private async receive(data: RawData, isBinary: boolean): Promise<void> {
    let id: string | undefined;
    try {
      this.limit();
      const message = parse(data, isBinary);
      id = 'id' in message ? message.id : undefined;
      if (message.type === 'ping') await this.handle(message);
      else
        await span(
          `realtime ${message.type}`,
          () => this.spanFacts(),
          () => this.handle(message),
        );
    } catch (error) {
      this.fail(error, id);
    }
  }

  close(): void {
    for (const subscription of this.subscriptions.values()) subscription.close();
    this.subscriptions.clear();
    for (const name of this.joined) this.ports.channels.leave(name, this.memberId);
    this.joined.clear();
  }

  private spanFacts(): SpanFacts {
    const { scope, keyId } = this.caller;
    return {
      kind: 'server',
      parent: null,
      attributes: {
        'network.protocol.name': 'websocket',
        'zerodb.project': scope.projectId,
        'zerodb.key_id': keyId ?? undefined,
      },
    };
  }

  private async handle(message: ClientMessage): Promise<void> {
    switch (message.type) {
      case 'subscribe':
        return this.subscribe(message);
      case 'unsubscribe':
        this.subscriptions.get(message.id)?.close();
        this.subscriptions.delete(message.id);
        return this.send({ type: 'unsubscribed', id: message.id });
      case 'join':
        return this.join(message.channel, message.state ?? {});
      case 'presence':
        return this.must(
          this.ports.channels.update(this.full(message.channel), this.memberId, message.state),
          message.channel,
        );
      case 'leave':
        this.joined.delete(this.full(message.channel));
        return this.must(this.ports.channels.leave(this.full(message.channel), this.memberId), message.channel);
      case 'broadcast':
        return this.broadcast(message);
      case 'ping':
        return this.send({ type: 'pong' });
      case 'auth':
        throw invalid('This connection is already authenticated.', [
          { path: '/type', message: 'must come first, once' },
        ]);
    }
  }

  private async subscribe(message: Extract<ClientMessage, { type: 'subscribe' }>): Promise<void> {
    if (this.subscriptions.has(message.id)) {
      throw invalid('The id is in use.', [{ path: '/id', message: 'is in use on this connection' }]);
    }
    if (this.subscriptions.size >= MAX_SUBSCRIPTIONS) throw rateLimited(1);
    const { scope } = this.caller;
    const filter = message.filter === undefined ? undefined : parseEventFilter(message.filter, '/filter');
    const topic = await this.ports.topics.resolve(scope, message.topic);
    const after = message.after ?? (await this.ports.log.head(scope));
    const sink = this.sinkOf(message.id, { types: message.types, filter });
    const place = { scope, topicIds: [topic.id], after, isNow: message.after === undefined };
    const subscription = new LogSubscription(this.ports, place, sink);
    sink.resume = () => subscription.resume();
    this.subscriptions.set(message.id, subscription);
    this.send({ type: 'subscribed', id: message.id, topic: message.topic, after });
    subscription.start();
  }

  private sinkOf(id: string, selection: EventSelection): SubscriptionSink & { resume: () => void } {
    const head = `{"type":"event","id":${JSON.stringify(id)},"event":`;
    const sink = {
      resume: (): void => undefined,
      deliver: (events: readonly StoredEvent[]): boolean => {
        for (const event of events) {
          if (isSelected(event, selection)) this.socket.send(`${head}${withOffset(event)}}`);
        }
        if (this.socket.bufferedAmount < HIGH_WATER_BYTES) return true;
        this.awaitDrain(() => sink.resume());
        return false;
      },
      reset: ({ after, first }: Gap): void => this.send({ type: 'reset', id, first_offset: first, after }),
      end: (): void => this.socket.close(1013, 'too slow'),
    };
    return sink;
  }

  private awaitDrain(resume: () => void): void {
    const timer = setInterval(() => {
      const isOpen = this.socket.readyState === this.socket.OPEN;
      if (isOpen && this.socket.bufferedAmount >= HIGH_WATER_BYTES) return;
      clearInterval(timer);
      resume();
    }, DRAIN_LOOK_MS);
  }

  private join(channel: string, state: Readonly<Record<string, unknown>>): void {
    if (this.joined.size >= MAX_CHANNELS) throw rateLimited(1);
    const name = this.full(channel);
    const listener = {
      memberId: this.memberId,
      onMember: (change: string, member: object): void => this.send({ type: 'presence', channel, change, member }),
      onBroadcast: (from: string, event: string, payload: unknown): void =>
        this.send({ type: 'broadcast', channel, from, event, payload }),
    };
    const members = this.ports.channels.join(name, listener, state);
    this.joined.add(name);
    this.send({ type: 'joined', channel, members });
  }

  private broadcast({ channel, event, payload }: Extract<ClientMessage, { type: 'broadcast' }>): void {
    if (this.caller.role === 'read') throw new ZeroDbError('forbidden', 403, 'This needs a key with the role "write".');
    this.must(this.ports.channels.broadcast(this.full(channel), this.memberId, event, payload), channel);
  }

  private must(isMember: boolean, channel: string): void {
    if (!isMember) throw notFound('channel that you have joined', channel);
  }

  /** The project is part of the name, so that no two projects ever share a channel. */
  private full(channel: string): string {
    return `${this.caller.scope.projectId}/${channel}`;
  }

  private limit(): void {
    if (!this.budget.take('messages')) throw rateLimited(1);
    this.ports.charge(this.caller);
  }

  private fail(error: unknown, id: string | undefined): void {
    const known =
      error instanceof ZeroDbError ? error : new ZeroDbError('internal', 500, 'An internal error occurred.');
    const { code, message, faults } = known;
    this.send({ type: 'error', ...(id === undefined ? {} : { id }), code, message, errors: faults });
  }

  /** Disconnects a client that does not read presence and broadcasts, before they fill the memory. */
  private send(message: unknown): void {
    if (this.socket.readyState !== this.socket.OPEN) return;
    if (this.socket.bufferedAmount > 8 * HIGH_WATER_BYTES) this.socket.close(1013, 'too slow');
    else this.socket.send(JSON.stringify(message));
  }
}

const parsedJson = (text: string): unknown => {
  if (isNestedTooDeep(text)) throw new Error('nested too deep');
  return parseSafely(text, undefined, { protoAction: 'error', constructorAction: 'error' });
};

export const parse = (data: RawData, isBinary: boolean): ClientMessage => {
  if (isBinary) throw invalid('Messages are JSON text.', []);
  let value: unknown;
  try {
    // eslint-disable-next-line @typescript-eslint/no-base-to-string
    value = parsedJson(data.toString());
  } catch {
    throw invalid('The message is not valid JSON.', []);
  }
  const unstorable = unstorableIn(value);
  if (unstorable !== undefined) throw invalid(UNSTORABLE, [{ path: unstorable, message: UNSTORABLE }]);
  const parsed = clientMessage.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => ({ path: `/${path.map(String).join('/')}`, message }));
  throw invalid(`The message is invalid: ${faults[0]?.path ?? ''} ${faults[0]?.message ?? ''}`, faults);
};
