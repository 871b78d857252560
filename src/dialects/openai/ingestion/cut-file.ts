import { extname } from 'node:path';
import { BrokenFileError, type LoadedFile } from '../../../common/documents/document';
import { loaderOf } from '../../../common/documents/loaders';
import { loadText } from '../../../common/documents/loaders/text';
import { chunkText } from '../../../common/text/chunk';
import { countTokens } from '../../../common/text/tokens';
import type { CutRequest, Refusal } from './cut-job';

/** As at OpenAI. */
const MOST_TOKENS = 5_000_000;
/** Formats that no loader reads. They are not tried as text. */
const UNREAD = new Set(['.doc', '.docx', '.ppt', '.pptx', '.xls', '.xlsx', '.odt', '.rtf', '.epub', '.zip', '.gz']);

/** A file of which no chunks can be made. */
export class RefusedFile extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.message);
    this.name = 'RefusedFile';
  }
}

/** The chunks of a file, in order. Throws `RefusedFile`. */
export async function cutFile(file: Extract<CutRequest, { kind: 'file' }>): Promise<string[]> {
  const text = await textOf(file.filename, file.bytes);
  mustBeShortEnough(text);
  const limits = { maxTokens: file.chunkTokens, overlap: file.overlapTokens, countTokens };
  const chunks = chunkText(text, limits).filter((chunk) => chunk.text.trim() !== '');
  if (chunks.length === 0) throw new RefusedFile({ code: 'invalid_file', message: 'The file has no text.' });
  return chunks.slice(file.from).map((chunk) => chunk.text);
}

const textOf = async (filename: string, bytes: Uint8Array): Promise<string> => {
  const extension = extname(filename).toLowerCase();
  if (UNREAD.has(extension)) throw unsupported(extension);
  const loader = loaderOf(extension);
  try {
    // JSON is text here: nobody is to find other names than those that the file has.
    if (!loader || loader.type === 'json' || loader.type === 'jsonl') return joined(loadText(bytes));
    return joined(await loader.load(bytes));
  } catch (error) {
    if (!(error instanceof BrokenFileError)) throw error;
    if (!loader) throw unsupported(extension);
    throw new RefusedFile({ code: 'invalid_file', message: withoutHint(error.message) });
  }
};

/** A PDF, or a reference in HTML, may hold what Postgres has no place for. */
const joined = (loaded: LoadedFile): string =>
  (loaded.kind === 'text' ? loaded.text : loaded.rows.map((row) => row.text).join('\n\n'))
    .replaceAll('\0', '')
    .toWellFormed();

const unsupported = (extension: string): RefusedFile =>
  new RefusedFile({
    code: 'unsupported_file',
    message: `Files of this type${extension === '' ? '' : ` (${extension.slice(0, 16)})`} cannot be read: send text, Markdown, HTML, PDF, JSON or CSV.`,
  });

/** The command line's options are of no use here. */
const withoutHint = (message: string): string => {
  const option = message.indexOf('--');
  return option < 0 ? message : `${message.slice(0, Math.max(0, message.lastIndexOf(':', option)))}.`;
};

/** A token has a character at least: only a long text has to be counted. */
const mustBeShortEnough = (text: string): void => {
  if (text.length <= MOST_TOKENS || countTokens(text) <= MOST_TOKENS) return;
  throw new RefusedFile({ code: 'invalid_file', message: `The file has more than ${MOST_TOKENS} tokens.` });
};
