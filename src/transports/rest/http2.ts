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
    settings: { maxConcurrentStreams: MAX_STREAMS, maxHeaderListSize: MAX_HEADER_BYTES },
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
