import type { LimitBounds } from './limits/adaptive-limit';

/**
 * Requests that take a place for as long as they are worked on: so many at once as the process serves well, found out by
 * how long they take. Who comes then waits for a place, or is refused.
 */
export const GATED: Readonly<Record<GatedKind, LimitBounds>> = {
  search: { min: 6, initial: 32, max: 128, waiting: 512 },
  read: { min: 6, initial: 64, max: 256, waiting: 512 },
  write: { min: 6, initial: 32, max: 128 },
  memory: { min: 6, initial: 32, max: 128 },
  analysis: { min: 2, initial: 4, max: 16 },
  admin: { min: 6, initial: 32, max: 64 },
};
export type GatedKind = 'search' | 'read' | 'write' | 'memory' | 'analysis' | 'admin';

/** What lasts as long as its client, and says nothing about load: places that nobody waits for. */
export const HELD_KINDS = [
  'uploads',
  'downloads',
  'transfers',
  'streams',
  'polls',
  'envelopes',
  'listeners',
  'projections',
] as const;
export type HeldKind = (typeof HELD_KINDS)[number];

/** In the words of an answer. */
export const KIND_NAMES: Readonly<Record<GatedKind | HeldKind, string>> = {
  search: 'the searches at once',
  read: 'the reads at once',
  write: 'the writes at once',
  memory: 'the additions to memory at once',
  analysis: 'the long computations at once',
  admin: 'the administrative requests at once',
  uploads: 'the uploads at once',
  downloads: 'the downloads at once',
  transfers: 'the imports and exports at once',
  streams: 'the open streams and sockets',
  polls: 'the waiting polls',
  envelopes: 'the GraphQL and MCP requests at once',
  listeners: 'the MCP listeners',
  projections: 'the projections that are to be made',
};

/** What a request counts as. `free` is never queued nor refused: it is cheap, or its handler takes places itself. */
export type RequestKind = GatedKind | HeldKind | 'free';

export const isGated = (kind: RequestKind): kind is GatedKind => Object.hasOwn(GATED, kind);
export const isHeld = (kind: RequestKind): kind is HeldKind => (HELD_KINDS as readonly string[]).includes(kind);
