import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { LoadedFile } from '../../common/documents/document';
import { loaderOf } from '../../common/documents/loaders';
import type { LoadOptions } from '../../common/documents/loaders/load-options';
import type { FoundFile } from './walk';

export interface ReadFile {
  readonly bytes: Uint8Array;
  /** Of the bytes, in hex. */
  readonly sha256: string;
}

export async function readBytes(file: FoundFile): Promise<ReadFile> {
  const bytes = await readFile(file.absolute);
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

export async function loadFile(file: FoundFile, bytes: Uint8Array, options: LoadOptions): Promise<LoadedFile> {
  const loader = loaderOf(extname(file.relative).toLowerCase());
  if (loader === undefined) throw new TypeError(`No loader reads ${file.relative}.`);
  return loader.load(bytes, options);
}
