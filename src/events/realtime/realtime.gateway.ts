import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyInstance } from 'fastify';
import type { Logger as PinoLogger } from 'pino';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import { Admission } from '../../admission/admission';
import { Shares } from '../../admission/shares/shares';
import { Authenticator, type Headers } from '../../auth/authenticator';
import { whoIsRefused } from '../../auth/who-is-refused';
import { addressReader, type AddressOf } from '../../common/client-address';
import { upgradeNeeded, ZeroDbError } from '../../common/errors';
import { newId } from '../../common/ids';
import { messageOf } from '../../common/message-of';
import type { Caller } from '../../common/scope';
import { endNow } from '../../common/end-now';
import { boundUntilNamed, CLOSING, isFromAllowedOrigin, onUpgrade, refuseUpgrade } from '../../common/upgrades';
import { eventsConfig, serverConfig, type EventsSettings, type ServerSettings } from '../../config';
import { LOGGER } from '../../telemetry/logger';
import { EventLog } from '../log/event-log';
import { LiveConnections } from '../stream/live-connections';
import { LogTail } from '../stream/log-tail';
import { TopicsService } from '../topics/topics.service';
import { Channels } from './channels';
import { parse, RealtimeConnection } from './realtime-connection';

const PATH = '/v1/realtime';
/** A filter or a state; events are published over HTTP. */
const MAX_MESSAGE_BYTES = 64 * 1024;
/** Maximum bytes before authentication: the key, and first messages that did not wait for the answer. */
const MAX_NAMELESS_BYTES = 64 * 1024;
/** Time for the first message, which carries the key. */
const AUTH_MS = 5_000;
/** Maximum unauthenticated sockets, shared between addresses. */
const MAX_NAMELESS = 5_000;
/** Closed for who the client is. */
const REFUSED_CLOSES: ReadonlySet<number> = new Set([4401, 4403, 4429]);
/** Messages that arrived while another is being processed. */
const MAX_QUEUE = 256;
const CLOSE = { unauthenticated: 4401, forbidden: 4403, tooMany: 4429, goingAway: 1001 } as const;

const REFUSED: ReadonlySet<string> = new Set(['rate_limited', 'share_exceeded', 'overloaded']);

/** The WebSocket endpoint. The key is in a header, or in the first message; never in the URL, which gets logged. */
@Injectable()
export class RealtimeGateway implements OnModuleInit, OnModuleDestroy {
  private readonly log = new Logger(RealtimeGateway.name);
  private readonly server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    ...CLOSING,
    clientTracking: false,
  });
  private readonly addressOf: AddressOf;
  private readonly nameless = new Shares<string>(MAX_NAMELESS);

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly authenticator: Authenticator,
    private readonly connections: LiveConnections,
    private readonly topics: TopicsService,
    private readonly events: EventLog,
    private readonly tail: LogTail,
    private readonly channels: Channels,
    private readonly admission: Admission,
    @Inject(serverConfig.KEY) private readonly serverSettings: ServerSettings,
    @Inject(eventsConfig.KEY) private readonly eventsSettings: EventsSettings,
    @Inject(LOGGER) private readonly lines: PinoLogger,
  ) {
    this.addressOf = addressReader(serverSettings.trustedProxies);
  }

  onModuleInit(): void {
    const server = this.host.httpAdapter.getHttpServer() as Server;
    this.host.httpAdapter.getInstance<FastifyInstance>().get(PATH, () => {
      throw upgradeNeeded(PATH);
    });
    onUpgrade(server, PATH, (request, socket, head) => this.upgrade(request, socket, head));
  }

  onModuleDestroy(): void {
    this.server.close();
  }

  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (this.serverSettings.role === 'worker') return refuseUpgrade(socket, 404, 'Not Found');
    if (!this.isWelcome(request)) return refuseUpgrade(socket, 403, 'Forbidden');
    const address = this.addressOf(request);
    const named = this.nameless.take(address);
    if (!named) return refuseUpgrade(socket, 503, 'Service Unavailable');
    socket.once('close', named);
    const unbound = boundUntilNamed(socket, MAX_NAMELESS_BYTES);
    this.server.handleUpgrade(request, socket, head, (client) => {
      client.once('close', (code) => this.noteRefusal(request, code));
      this.connected(client, request.headers, address, () => {
        unbound();
        named();
      });
    });
  }

  /** Logs refused connections like requests, with the id of the key, never the key. */
  private noteRefusal(request: IncomingMessage, code: number): void {
    if (!REFUSED_CLOSES.has(code)) return;
    const who = whoIsRefused(request, this.addressOf);
    this.lines.info({ route: PATH, status: code - 4_000, ...who }, 'socket refused');
  }

  private isWelcome({ headers }: IncomingMessage): boolean {
    const allowed = this.eventsSettings.origins?.split(',').map((each) => each.trim()) ?? [];
    return isFromAllowedOrigin(headers, allowed);
  }

  private connected(client: WebSocket, headers: Headers, address: string, leave: () => void): void {
    const waiting: [RawData, boolean][] = [];
    let isNamed = false;
    let connection: RealtimeConnection | undefined;
    let work: Promise<void> = Promise.resolve();
    const named = (): void => {
      if (isNamed) return;
      isNamed = true;
      leave();
      clearTimeout(timer);
    };
    const timer = setTimeout(() => client.close(CLOSE.unauthenticated, 'no key in time'), AUTH_MS);
    const start = async (presented: Headers): Promise<void> => {
      connection = await this.admit(client, presented, address);
      named();
    };
    client.on('error', () => client.terminate());
    client.on('close', named);
    client.on('message', (data, isBinary) => {
      if (waiting.length >= MAX_QUEUE) return client.close(CLOSE.tooMany, 'too many messages');
      waiting.push([data, isBinary]);
      // In order: a subscription must exist before the next message refers to it.
      work = work.then(async () => {
        const [first, binary] = waiting.shift() as [RawData, boolean];
        if (connection) await connection.onMessage(first, binary);
        else await start(headersOf(first, binary, headers));
      });
      work = work.catch((error: unknown) => this.refuse(client, error));
    });
    const hasKey = headers.authorization ?? headers['x-api-key'] ?? headers['api-key'];
    if (hasKey !== undefined) work = start(headers).catch((error: unknown) => this.refuse(client, error));
  }

  private async admit(client: WebSocket, headers: Headers, address?: string): Promise<RealtimeConnection> {
    const caller: Caller = await this.authenticator.authenticate(headers, newId(), address);
    this.authenticator.authorise(caller, 'read');
    if (client.readyState !== client.OPEN) throw new Error('The client disconnected.');
    let isAlive = true;
    const remove = this.connections.add({
      caller,
      // A peer that does not answer counts as gone.
      beat: () => {
        if (!isAlive) return client.terminate();
        isAlive = false;
        client.ping();
      },
      end: (reason) =>
        reason === 'revoked'
          ? endNow(client, CLOSE.unauthenticated, 'key revoked')
          : client.close(CLOSE.goingAway, 'going away'),
    });
    client.on('pong', () => (isAlive = true));
    client.on('message', () => (isAlive = true));
    const ports = {
      topics: this.topics,
      log: this.events,
      tail: this.tail,
      channels: this.channels,
      charge: (one: Caller) => this.charge(one),
    };
    const connection = new RealtimeConnection(ports, client, caller);
    client.on('close', () => {
      remove();
      connection.close();
    });
    return connection;
  }

  private charge(caller: Caller): void {
    this.admission.charge(caller);
  }

  private refuse(client: WebSocket, error: unknown): void {
    const code = error instanceof ZeroDbError ? error.code : 'internal';
    if (!(error instanceof ZeroDbError)) this.log.debug(messageOf(error));
    const message = error instanceof ZeroDbError ? error.message : 'An internal error occurred.';
    if (client.readyState === client.OPEN) client.send(JSON.stringify({ type: 'error', code, message, errors: [] }));
    const status = REFUSED.has(code) ? CLOSE.tooMany : code === 'forbidden' ? CLOSE.forbidden : CLOSE.unauthenticated;
    client.close(status, code);
  }
}

const headersOf = (data: RawData, isBinary: boolean, headers: Headers): Headers => {
  const message = parse(data, isBinary);
  if (message.type !== 'auth')
    throw new ZeroDbError('unauthenticated', 401, 'The first message must be {"type":"auth","key":…}.');
  const project = message.project ?? headers['zerodb-project'];
  return { authorization: `Bearer ${message.key}`, ...(project === undefined ? {} : { 'zerodb-project': project }) };
};
