import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest, ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';

/** The stream of a request that came over HTTP/2; `undefined` over HTTP/1.1. Node presents both in the same way. */
export const http2StreamOf = (request: IncomingMessage): ServerHttp2Stream | undefined =>
  request.httpVersionMajor >= 2 ? (request as unknown as Http2ServerRequest).stream : undefined;

/** What closes when the client of this request hangs up. Over HTTP/2 the connection may serve others and stay. */
export const peerOf = (request: IncomingMessage): Duplex => http2StreamOf(request) ?? request.socket;
