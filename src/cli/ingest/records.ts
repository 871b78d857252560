import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { RecordInput } from '../shapes';
import type { LoadedFile, TextDocument } from './document';
import type { FoundFile } from './walk';

/** A piece of a text, as `chunkText` cuts it. */
export interface Chunk {
  readonly text: string;
  /** Offset in the whole text. */
  readonly start: number;
  readonly heading?: string | undefined;
}

/** Cuts a text into chunks. */
export type Chunker = (text: string) => readonly Chunk[];

export interface FileIdentity {
  readonly source: string;
  /** Source and relative path: unique in the collection. */
  readonly path: string;
  readonly sha256: string;
  readonly file: FoundFile;
}

/**
 * The records of a file, in its order. Ids follow from the path and the position, so that a repeat overwrites; record 0
 * is what marks the file as ingested.
 */
export function recordsOf(identity: FileIdentity, loaded: LoadedFile, chunker: Chunker): RecordInput[] {
  const parts = loaded.kind === 'rows' ? loaded.rows : textParts(identity, loaded, chunker);
  return parts
    .filter((part) => part.text.trim() !== '')
    .map((part, index) => ({
      id: recordId(identity.path, index),
      text: part.text,
      metadata: { ...withoutTakenNames(part.metadata), ...ownMetadata(identity, index) },
    }));
}

interface Part {
  readonly text: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

function textParts({ file }: FileIdentity, document: TextDocument, chunker: Chunker): Part[] {
  const title = document.title ?? posix.basename(file.relative);
  return chunker(document.text).map((chunk) => ({
    text: chunk.text,
    metadata: {
      title,
      ...(chunk.heading === undefined || chunk.heading === '' ? {} : { heading: chunk.heading }),
      ...(document.pageStarts === undefined ? {} : { page: pageAt(document.pageStarts, chunk.start) }),
    },
  }));
}

const pageAt = (pageStarts: readonly number[], offset: number): number =>
  Math.max(1, pageStarts.filter((start) => start <= offset).length);

const ownMetadata = ({ source, path, sha256, file }: FileIdentity, chunk: number): Record<string, unknown> => ({
  source,
  path,
  chunk,
  sha256,
  mtime: file.modifiedAt.toISOString(),
  type: file.type,
});

const TAKEN = new Set(['source', 'path', 'chunk', 'sha256', 'mtime', 'type']);

/** Metadata of a whole document would be refused by the server; its text is what it is found by. */
const MAX_METADATA_CHARACTERS = 16 * 1024;

/** A field of a row whose name the ingest needs, or the server refuses, is kept under a name next to it. */
const withoutTakenNames = (metadata: Readonly<Record<string, unknown>>): Record<string, unknown> => {
  if (JSON.stringify(metadata).length > MAX_METADATA_CHARACTERS) return {};
  const entries = Object.entries(metadata).map(
    ([name, value]) => [TAKEN.has(name) ? `${name}_` : name, value] as const,
  );
  return withoutReservedKeys(Object.fromEntries(entries)) as Record<string, unknown>;
};

/** Keys that start with `@` or `$` are refused at any depth. */
const withoutReservedKeys = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutReservedKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, field]: [string, unknown]) => {
    return [/^[@$]/.test(name) ? `_${name}` : name, withoutReservedKeys(field)] as const;
  });
  return Object.fromEntries(entries);
};

const LONGEST_ID = 255;

/** `path#n`, which reads well in a result; a hash of it where that is no valid id. */
export function recordId(path: string, index: number): string {
  const id = `${path}#${index}`;
  return [...id].length <= LONGEST_ID && !/\p{Cc}|\p{Cs}/u.test(id) ? id : uuidOf(id);
}

/** A version 8 UUID (RFC 9562: custom) of the SHA-256. */
function uuidOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
