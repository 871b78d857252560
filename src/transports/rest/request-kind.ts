import { isGated, type RequestKind } from '../../admission/kinds';
import type { EndpointDefinition } from '../../api/endpoint';

/** What operators ask, and do, when everything else is refused. */
const STATUS = /^\/v1\/(services|status|chaos)(\/|$)/;

/**
 * Whose line says that a request has no hope. A stream that writes takes no place in a line, as it lasts as long as its
 * client, whether it holds a place of another kind or none; but what it writes competes with the writes, and a flood of it
 * must not get past them.
 */
export const earlyRefusalKindOf = (definition: EndpointDefinition): RequestKind => {
  const kind = kindOf(definition);
  return !isGated(kind) && definition.access === 'write' && isStream(definition.body) ? 'write' : kind;
};

const isStream = (body: EndpointDefinition['body']): boolean => body !== undefined && 'stream' in body;

/** What an endpoint counts as when it does not say it itself. Public ones answer from memory. */
export const kindOf = (definition: EndpointDefinition): RequestKind => {
  const { access, body, kind, method, path, tag } = definition;
  if (kind !== undefined) return kind;
  if (access === 'public' || STATUS.test(path)) return 'free';
  // The handler of a stream takes a place itself, when it begins to read.
  if (isStream(body)) return 'free';
  if (tag === 'Search') return 'search';
  if (access === 'admin' || access === 'audit' || access === 'root') return 'admin';
  return access === 'read' || method === 'GET' || method === 'HEAD' ? 'read' : 'write';
};
