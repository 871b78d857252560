import type { Server } from 'node:http';
import {
  constants,
  createSecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { resetConnection } from '../../common/linger';

/** Requests that one connection may have open at once. */
const MAX_STREAMS = 100;
/** Of the headers of a request: what Node takes over HTTP/1.1. */
const MAX_HEADER_BYTES = 16 * 1024;
const LOOK_MS = 5_000;
/** A connection that has no request is closed: early where it never had one, as over HTTP/1.1. */
const FIRST_REQUEST_MS = 20_000;
const IDLE_MS = 72_000;
/** Megabytes that the answers of one connection may have waiting. Node's 10 are less than one large answer; beyond, it
 *  resets the other requests of the connection. */
const MAX_WAITING_MB = 256;
/** What a client may send unasked: of one body, and of all those of a connection. With Node's 64 KiB, far clients wait. */
const BODY_WINDOW_BYTES = 512 * 1024;
const CONNECTION_WINDOW_BYTES = 4 * 1024 * 1024;
/** For the answer to a ping; without one, the end of a body is believed. */
const PING_MS = 1_000;
/** For the goodbye to arrive. */
const LINGER_MS = 2_000;

interface SessionState {
  open: number;
  served: number;
  idleSince: number;
}

const sessionsOf = new WeakMap<Server, Map<ServerHttp2Session, SessionState>>();
/** Connections, those in their handshake included, which neither HTTP/1.1 nor HTTP/2 knows. */
const socketsOf = new WeakMap<Server, Set<Socket>>();

/**
 * Passes the connections of a TLS server that chose HTTP/2 (by ALPN) to Node's HTTP/2, and its requests to the server's own
 * listeners. Node's `allowHTTP1` does it the other way round, and its HTTP/1.1 has no time limit for slow heads and no way to
 * close idle connections.
 */
export const serveHttp2 = (server: Server): void => {
  const [speakHttp1] = server.listeners('secureConnection') as ((socket: TLSSocket) => void)[];
  if (!speakHttp1) throw new Error('The server does not speak TLS.');
  const sockets = new WeakMap<ServerHttp2Session, TLSSocket>();
  const http2 = createSecureServer({
    settings: {
      maxConcurrentStreams: MAX_STREAMS,
      maxHeaderListSize: MAX_HEADER_BYTES,
      initialWindowSize: BODY_WINDOW_BYTES,
    },
    maxSessionMemory: MAX_WAITING_MB,
    maxOutstandingPings: MAX_STREAMS,
  });
  const pass = (event: string) => (request: Http2ServerRequest, response: Http2ServerResponse) => {
    asHttp1(request, response, sockets.get(request.stream.session as ServerHttp2Session));
    server.emit(event, request, response);
  };
  http2.on('request', pass('request')).on('checkContinue', pass('checkContinue'));
  server.off('secureConnection', speakHttp1);
  server.on('secureConnection', (socket: TLSSocket) => {
    if (socket.alpnProtocol !== 'h2') return speakHttp1.call(server, socket);
    const remember = (session: ServerHttp2Session): void => void sockets.set(session, socket);
    // Emitted at once, or never for a socket that has closed meanwhile.
    http2.once('session', remember).emit('secureConnection', socket);
    http2.off('session', remember);
  });
  const open = new Set<Socket>();
  socketsOf.set(server, open);
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  const sessions = new Map<ServerHttp2Session, SessionState>();
  sessionsOf.set(server, sessions);
  http2.on('session', (session) => watch(session, sessions));
  http2.on('stream', (stream) => count(stream, sessions));
  const timer = setInterval(() => closeIdle(sessions, sockets), LOOK_MS);
  timer.unref();
  server.once('close', () => clearInterval(timer));
};

/** What the listeners rely on, and Node's presentation of HTTP/2 as HTTP/1 does otherwise. */
const asHttp1 = (request: Http2ServerRequest, response: Http2ServerResponse, socket: TLSSocket | undefined): void => {
  request.headers.host ??= request.headers[':authority'];
  // Node's own stand-in throws for the address of a client after the connection is gone.
  if (socket) Object.defineProperty(request, 'socket', { value: socket });
  // Destroyed without an error, a stream ends with "no error": the client would take a part for the whole.
  response.destroy = () => {
    response.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    return response;
  };
  // Node reports the end once; whoever comes later must be able to see it.
  Object.defineProperty(response, 'closed', { get: () => response.stream.destroyed });
  failWhenBrokenOff(request);
};

/** Node presents a body that was broken off as one that ended: a part would count as the whole. */
const failWhenBrokenOff = (request: Http2ServerRequest): void => {
  const { stream } = request;
  if (stream.endAfterHeaders) return;
  const push = request.push.bind(request);
  // Closed before its end was read: by the client, or by an answer that did not wait for it.
  const fail = (): void => {
    if (request.readableEnded || request.destroyed) return;
    request.destroy(new Error('The body was broken off.'));
    // Nobody reads the rest now, and before it is read the stream does not close.
    if (!stream.destroyed) stream.removeAllListeners('data').resume();
  };
  const end = (): void => void (stream.closed ? fail() : push(null));
  request.on('error', () => undefined).once('aborted', fail);
  request.push = (chunk: unknown, encoding?: BufferEncoding): boolean => {
    if (chunk !== null) return push(chunk, encoding);
    if (stream.closed || request.headers['content-length'] !== undefined) end();
    else afterReset(stream, end);
    return false;
  };
};

/**
 * Calls `then` when a reset that the client has sent by now has arrived. Node's client, for one, ends a body before it
 * breaks it off; where no length was named, only the reset that follows tells. An answered ping comes behind it.
 */
const afterReset = ({ session }: ServerHttp2Stream, then: () => void): void => {
  if (!session || session.destroyed) return then();
  const timer = setTimeout(then, PING_MS).unref();
  session.ping(() => {
    clearTimeout(timer);
    then();
  });
};

/** Lets the open requests over HTTP/2 finish, and takes no more. */
export const endHttp2 = (server: Server): void => {
  for (const session of [...(sessionsOf.get(server)?.keys() ?? [])]) session.close();
};

/** Ends every connection of a server with TLS. Asked to end, Node's HTTP/2 would wait for the client to do the same. */
export const cutSecure = (server: Server): void => {
  for (const socket of [...(socketsOf.get(server) ?? [])]) if (!socket.destroyed) socket.resetAndDestroy();
};

const watch = (session: ServerHttp2Session, sessions: Map<ServerHttp2Session, SessionState>): void => {
  sessions.set(session, { open: 0, served: 0, idleSince: performance.now() });
  session.once('close', () => sessions.delete(session));
  session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
};

const count = (stream: ServerHttp2Stream, sessions: Map<ServerHttp2Session, SessionState>): void => {
  const state = stream.session && sessions.get(stream.session as ServerHttp2Session);
  if (!state) return;
  state.open += 1;
  state.served += 1;
  stream.once('close', () => {
    state.open -= 1;
    state.idleSince = performance.now();
  });
  // A client that takes nothing of a whole answer would hold its connection forever.
  stream.setTimeout(IDLE_MS, () => {
    if (stream.writableEnded) stream.close(constants.NGHTTP2_CANCEL);
  });
};

/** By its requests, not by its bytes: a client that sends a byte at a time, or pings, has none. */
const closeIdle = (
  sessions: Map<ServerHttp2Session, SessionState>,
  sockets: WeakMap<ServerHttp2Session, TLSSocket>,
): void => {
  const now = performance.now();
  for (const [session, { open, served, idleSince }] of [...sessions]) {
    if (open > 0 || now - idleSince < (served === 0 ? FIRST_REQUEST_MS : IDLE_MS)) continue;
    session.close();
    const socket = sockets.get(session);
    if (socket) setTimeout(() => resetConnection(socket), LINGER_MS).unref();
  }
};
