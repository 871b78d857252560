import type { IncomingMessage } from 'node:http';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { lingerAtEnd, resetConnection } from '../../common/linger';
import { http2StreamOf } from '../../api/http2-stream';
import { waitsToSend } from '../../api/expect-continue';

/** What is left of a small body is cheaper to read than a new connection is to make. */
const SMALL_BYTES = 64 * 1024;
/** For the rest of a small body to arrive. */
const REST_MS = 5_000;

/** Sees to what an answer leaves unread of its request's body. To be called before the headers are sent: it may set one. */
export const settleUnread = (request: IncomingMessage, setHeader: (name: string, value: string) => void): void => {
  if (request.complete || !hasBody(request)) return;
  const stream = http2StreamOf(request);
  if (stream) return resetAtEnd(stream);
  const isSmall = Number(request.headers['content-length'] ?? Number.MAX_SAFE_INTEGER) <= SMALL_BYTES;
  if (isSmall && !waitsToSend(request)) return awaitRest(request);
  setHeader('connection', 'close');
  lingerAtEnd(request.socket);
};

export const hasBody = (request: IncomingMessage): boolean => {
  const stream = http2StreamOf(request);
  if (stream) return !stream.endAfterHeaders;
  const { headers } = request;
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
};

/** After the whole answer, as RFC 9113 has it (8.1): the client need not send the rest, and the connection stays. */
const resetAtEnd = (stream: ServerHttp2Stream): void => {
  stream.once('finish', () => setImmediate(() => stream.close(constants.NGHTTP2_NO_ERROR)));
};

/** Node drops it as it comes; a client that never sends it would hold the connection. */
const awaitRest = (request: IncomingMessage): void => {
  const timer = setTimeout(() => {
    if (!request.complete) resetConnection(request.socket);
  }, REST_MS).unref();
  request.once('close', () => clearTimeout(timer));
};
