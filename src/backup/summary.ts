import { gunzip, gzip } from 'node:zlib';
import { promisify } from 'node:util';
import { NAME_BYTES } from './sealer';

export const FORMAT = 1;

/** One table, or one collection's part of it. */
export interface Section {
  readonly table: string;
  readonly collection?: number;
  readonly columns: readonly string[];
  readonly rows: number;
  /** Names of its chunks in their order, base64. */
  readonly chunks: string;
}

/** A file whose bytes no store had when the backup was made. */
export interface MissingFile {
  readonly project_id: number;
  readonly sha256: string;
  readonly reason: string;
}

/** What a backup holds, chunk by chunk. */
export interface Manifest {
  readonly sections: readonly Section[];
  /** Bytes of files as they are stored, MiB by MiB, in the order of their project and hash. */
  readonly files: { readonly chunks: string; readonly missing: readonly MissingFile[] };
  /** The last value of each sequence, or later: no value is used twice. */
  readonly sequences: Readonly<Record<string, number>>;
  readonly eventPartitions: readonly string[];
}

/** What a list shows of a backup. Written last: a backup without one does not exist. */
export interface Summary {
  readonly format: typeof FORMAT;
  readonly id: string;
  /** The one instant whose state this is. */
  readonly instant: string;
  readonly finished_at: string;
  readonly version: string;
  readonly engine: 'embedded' | 'server';
  readonly encrypted: boolean;
  readonly migrations: readonly string[];
  /** Rows by table. */
  readonly rows: Readonly<Record<string, number>>;
  readonly files: { readonly count: number; readonly bytes: number; readonly missing: number };
  /** Bytes of rows and files before compression. */
  readonly bytes: number;
  /** Bytes that were new to the store, as they were sent. */
  readonly sent_bytes: number;
  readonly chunks: { readonly total: number; readonly sent: number };
  readonly manifest_sha256: string;
}

/** Names of chunks, packed: a backup has hundreds of thousands. */
export class NameList {
  private bytes = Buffer.alloc(NAME_BYTES * 1_024);
  private used = 0;

  get count(): number {
    return this.used / NAME_BYTES;
  }

  push(name: Buffer): void {
    if (this.used + NAME_BYTES > this.bytes.length) this.bytes = Buffer.concat([this.bytes, Buffer.alloc(this.used)]);
    name.copy(this.bytes, this.used);
    this.used += NAME_BYTES;
  }

  toString(): string {
    return this.bytes.subarray(0, this.used).toString('base64');
  }
}

export function namesIn(chunks: string): Buffer[] {
  const bytes = Buffer.from(chunks, 'base64');
  const names: Buffer[] = [];
  for (let at = 0; at + NAME_BYTES <= bytes.length; at += NAME_BYTES) names.push(bytes.subarray(at, at + NAME_BYTES));
  return names;
}

export const allNames = (manifest: Manifest): Buffer[] => [
  ...manifest.sections.flatMap(({ chunks }) => namesIn(chunks)),
  ...namesIn(manifest.files.chunks),
];

export const packJson = async (value: unknown): Promise<Buffer> => promisify(gzip)(JSON.stringify(value));

export const unpackJson = async (bytes: Buffer): Promise<unknown> =>
  JSON.parse((await promisify(gunzip)(bytes)).toString());
