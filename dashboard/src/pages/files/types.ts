import type { Page } from '../../api/types';

/** What the API says of buckets and files; see `src/files`. */
export interface Bucket {
  readonly name: string;
  readonly access: 'private' | 'public-read';
  readonly max_bytes: number | null;
  readonly allowed_types: readonly string[] | null;
  readonly lifecycle: { readonly expire_after_seconds?: number; readonly cold_after_seconds?: number };
  readonly mirror: boolean;
  readonly compression: 'none' | 'zstd';
  readonly updated_at: string;
  readonly usage?: { readonly files: number; readonly bytes: number; readonly stored_bytes: number };
}

export interface StoredFile {
  readonly bucket: string;
  readonly key: string;
  readonly size: number;
  readonly sha256: string;
  readonly version: number;
  readonly content_type: string;
  readonly location: string | null;
  readonly stored_size: number;
  readonly encoding: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly created_at: string;
  readonly updated_at: string;
}

/** One level of a bucket: its files, and the folders whose files are further down. */
export interface FolderPage extends Page<StoredFile> {
  readonly folders: readonly string[];
}

export interface PartsUpload {
  readonly id: string;
  readonly parts: readonly { readonly number: number; readonly size: number; readonly sha256: string }[];
}
