import type { LoadedFile } from '../document';
import { loadCsv, loadTsv } from './csv';
import { loadHtml } from './html';
import { loadJson, loadJsonLines } from './json';
import type { LoadOptions } from './load-options';
import { loadMarkdown } from './markdown';
import { loadPdf } from './pdf';
import { loadText } from './text';

export type FileType = 'markdown' | 'text' | 'html' | 'pdf' | 'json' | 'jsonl' | 'csv';

export interface Loader {
  readonly type: FileType;
  readonly extensions: readonly string[];
  /** Throws `BrokenFileError` for bytes that are not of this type. */
  readonly load: (bytes: Uint8Array, options?: LoadOptions) => LoadedFile | Promise<LoadedFile>;
}

const LOADERS: readonly Loader[] = [
  { type: 'markdown', extensions: ['.md', '.markdown', '.mdx'], load: loadMarkdown },
  { type: 'text', extensions: ['.txt', '.text', '.rst', '.adoc', '.org'], load: loadText },
  { type: 'html', extensions: ['.html', '.htm', '.xhtml'], load: loadHtml },
  { type: 'pdf', extensions: ['.pdf'], load: loadPdf },
  { type: 'json', extensions: ['.json'], load: loadJson },
  { type: 'jsonl', extensions: ['.jsonl', '.ndjson'], load: loadJsonLines },
  { type: 'csv', extensions: ['.csv'], load: loadCsv },
  { type: 'csv', extensions: ['.tsv'], load: loadTsv },
];

/** The loader for a lower-case extension such as `.md`. */
export const loaderOf = (extension: string): Loader | undefined =>
  LOADERS.find((loader) => loader.extensions.includes(extension));
