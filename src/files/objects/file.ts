import type { Coding } from '../../api/as-sent';
import type { LocatedBlob } from '../blobs/blobs.repository';
import type { Encoding } from '../blobs/layout';
import type { StoreName } from '../../orchestrator/file-route';
import { contentTag } from './conditions';

/** The writer's description of a file. */
export interface FileFacts {
  readonly contentType: string;
  /** The coding that the bytes are in. */
  readonly contentEncoding: Coding | null;
  readonly disposition: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface FileRow {
  readonly bucket: string;
  readonly key: string;
  readonly version: number;
  readonly sha256: Buffer;
  /** The entity tag that clients of S3 were told; `null`: see `s3TagOf`. */
  readonly s3_tag: string | null;
  readonly size: number;
  readonly content_type: string;
  readonly content_encoding: Coding | null;
  readonly disposition: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly stored_size: number;
  readonly encoding: Encoding;
  readonly stores: readonly StoreName[];
}

/** A file with the layout that is needed to read it. */
export interface StoredFile {
  readonly row: FileRow;
  readonly blob: LocatedBlob;
}

const HOMES: readonly StoreName[] = ['object_store', 'filesystem', 'cold', 'mirror', 'spool'];

/** Where a file's bytes are: the best of its locations. */
export const locationOf = (stores: readonly StoreName[]): StoreName | null =>
  HOMES.find((name) => stores.includes(name)) ?? null;

/** A file as the API shows it. A type, not an interface, because a tool returns it as its value. */
export type PresentedFile = Record<string, unknown> & { readonly sha256: string; readonly etag: string };

export const presentFile = (row: FileRow): PresentedFile => ({
  bucket: row.bucket,
  key: row.key,
  size: row.size,
  sha256: row.sha256.toString('hex'),
  etag: contentTag(row.sha256),
  version: row.version,
  content_type: row.content_type,
  content_encoding: row.content_encoding,
  location: locationOf(row.stores),
  stored_size: row.stored_size,
  encoding: row.encoding,
  metadata: row.metadata,
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
});
