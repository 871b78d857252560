import { Readable } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import { Reply } from '../../api/endpoint';

/** Headers of the exchange alone: the body has been read, and who asks is known. */
const FORWARDED_HEADERS = [
  'content-type',
  'last-event-id',
  'mcp-method',
  'mcp-name',
  'mcp-protocol-version',
  'mcp-session-id',
];
const isKept = (name: string): boolean => FORWARDED_HEADERS.includes(name) || name.startsWith('mcp-param-');

/** A request as the SDK takes it. Keys stay outside. */
export const webRequest = ({ headers }: IncomingMessage, signal: AbortSignal): Request => {
  const kept = new Headers();
  for (const [name, value] of Object.entries(headers)) if (isKept(name)) kept.set(name, [value].flat().join(', '));
  // The SDK serves only those who name both; what the client wants is seen to afterwards.
  kept.set('accept', 'application/json, text/event-stream');
  return new Request('http://zerodb.invalid/mcp', { method: 'POST', headers: kept, signal });
};

/** The SDK's response: complete, or a stream that stays open for as long as the client listens. */
export const replyOf = async (response: Response, isOpenEnded: boolean): Promise<Reply> => {
  const headers = Object.fromEntries(response.headers);
  if (response.body === null) return new Reply(response.status, undefined, headers);
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
  if (!isOpenEnded || !isStream) return new Reply(response.status, Buffer.from(await response.arrayBuffer()), headers);
  return new Reply(response.status, Readable.fromWeb(response.body), headers);
};
