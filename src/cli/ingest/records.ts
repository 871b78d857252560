import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { metadataFaults } from '../../common/filter';
import { isObject, isStorableText } from '../../common/filter/values';
import type { RecordInput } from '../shapes';
import type { LoadedFile, Oddity, Row, RowsDocument, TextDocument } from '../../common/documents/document';
import { FreeNames } from '../../common/documents/free-name';
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

/** The records of a file, and what was done with its odd rows. */
export interface FileRecords {
  readonly records: readonly RecordInput[];
  readonly oddities: readonly Oddity[];
}

/**
 * The records of a file, in its order. Ids follow from the path and the position, so that a repeat overwrites; record 0
 * is what marks the file as ingested.
 */
export function recordsOf(identity: FileIdentity, loaded: LoadedFile, chunker: Chunker): FileRecords {
  const { parts, oddities } =
    loaded.kind === 'rows' ? rowParts(loaded) : { parts: textParts(identity, loaded, chunker), oddities: [] };
  const records = parts.map((part, index) => ({
    id: recordId(identity.path, index),
    text: part.text,
    metadata: { ...part.metadata, ...ownMetadata(identity, index) },
  }));
  return { records, oddities };
}

interface Part {
  readonly text: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

function textParts({ file }: FileIdentity, document: TextDocument, chunker: Chunker): Part[] {
  const title = document.title ?? posix.basename(file.relative);
  const chunks = chunker(document.text).filter(({ text }) => text.trim() !== '');
  return chunks.map((chunk) => ({
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

const RESERVED_FIELDS = new Set(['source', 'path', 'chunk', 'sha256', 'mtime', 'type']);

/** Metadata of a whole document would be refused by the server; its text is what it is found by. */
const MAX_METADATA_CHARACTERS = 16 * 1024;

interface RowParts {
  readonly parts: readonly Part[];
  readonly oddities: readonly Oddity[];
}

/** Rows that the server would refuse are left out one by one: it refuses a whole request. */
function rowParts({ rows, oddities: found }: RowsDocument): RowParts {
  const parts: Part[] = [];
  const oddities = [...found];
  const blank = rows.filter(({ text }) => text.trim() === '');
  const [firstBlank] = blank;
  if (firstBlank !== undefined)
    oddities.push({ line: firstBlank.line, message: blankRows(blank.length), left_out: false });
  for (const row of rows) {
    if (row.text.trim() === '') continue;
    const isLong = JSON.stringify(row.metadata).length > MAX_METADATA_CHARACTERS;
    const part = { text: row.text, metadata: isLong ? {} : withStorableNames(row.metadata) };
    const refusal = refusalOf(part);
    if (refusal !== undefined) oddities.push({ line: row.line, message: `it is left out: ${refusal}`, left_out: true });
    else parts.push(part);
    if (isLong && refusal === undefined) oddities.push(withoutFields(row));
  }
  return { parts, oddities: oddities.sort((one, other) => one.line - other.line) };
}

const blankRows = (count: number): string =>
  count === 1
    ? 'a row without any text is passed over'
    : `${count} rows without any text are passed over, this is the first`;

const withoutFields = ({ line }: Row): Oddity => ({
  line,
  message: `its fields are longer than ${MAX_METADATA_CHARACTERS} characters and not stored; it is found by its text`,
  left_out: false,
});

function refusalOf({ text, metadata }: Part): string | undefined {
  if (!isStorableText(text)) return 'its text holds a NUL character or a lone surrogate';
  const [fault] = metadataFaults(metadata, '');
  return fault === undefined ? undefined : `${fault.path}: ${fault.message}`;
}

/** A field of a row whose name the ingest needs, or the server refuses, is kept under a name next to it. */
const withStorableNames = (metadata: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  renamed(metadata, (name, field) => (RESERVED_FIELDS.has(name) ? `${name}_` : storableName(name, field)));

/** Keys that start with `@` or `$`, and those that would change a prototype, are refused at any depth. */
const storableName = (name: string, field: unknown): string => {
  const changesPrototype = name === '__proto__' || (name === 'constructor' && isObject(field) && 'prototype' in field);
  return changesPrototype || /^[@$]/.test(name) ? `_${name}` : name;
};

function renamed(
  object: Readonly<Record<string, unknown>>,
  rename: (name: string, field: unknown) => string,
): Record<string, unknown> {
  const entries = Object.entries(object).map(([name, field]) => ({ name, wanted: rename(name, field), field }));
  const free = new FreeNames(entries.filter(({ name, wanted }) => name === wanted).map(({ name }) => name));
  return Object.fromEntries(
    entries.map(({ name, wanted, field }) => [name === wanted ? name : free.take(wanted), withStorableKeys(field)]),
  );
}

const withStorableKeys = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withStorableKeys);
  return isObject(value) ? renamed(value, storableName) : value;
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
