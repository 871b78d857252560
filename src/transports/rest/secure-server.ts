import type { RequestListener, Server } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import type { ServerCertificate } from '../../tls/server-certificate';
import { serveHttp2 } from './http2';

/** As long as for a request's head, which is what comes next. */
const HANDSHAKE_MS = 20_000;

/** A server that speaks TLS, with HTTP/2 to those who offer it and HTTP/1.1 to everybody else, WebSockets included. */
export const createSecureServer = (
  certificate: ServerCertificate,
  handler: RequestListener,
  options: ServerOptions,
): Server => {
  const server = createServer(
    { ...certificate.options(), ...options, ALPNProtocols: ['h2', 'http/1.1'], handshakeTimeout: HANDSHAKE_MS },
    handler,
  );
  // Fastify's, which it sets on servers of its own alone: a body is bounded by the deadline of its endpoint.
  server.requestTimeout = 0;
  certificate.serve(server);
  serveHttp2(server);
  return server;
};
