import { v5 } from 'uuid';
import { newId } from '../../common/ids';

/** As OpenAI's prefixes have it. What follows is a UUIDv7: ids are in the order of their creation. */
const PREFIXES = { file: 'file-', store: 'vs_', batch: 'vsfb_' } as const;

export const newIdOf = (kind: keyof typeof PREFIXES): string => `${PREFIXES[kind]}${newId().replaceAll('-', '')}`;

/** Whether it has the form of such an id. Others are not looked for: there is none. */
export const isIdOf = (kind: keyof typeof PREFIXES, id: string): boolean =>
  id.startsWith(PREFIXES[kind]) && /^[0-9a-f]{32}$/.test(id.slice(PREFIXES[kind].length));

/** The record of a chunk: the same each time, so that a repeat overwrites. */
export const chunkId = (attachment: string, index: number): string => v5(String(index), attachment);

/** Those of the chunks from `from` up to, and without, `to`. */
export const chunkIds = (attachment: string, from: number, to: number): string[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, offset) => chunkId(attachment, from + offset));
