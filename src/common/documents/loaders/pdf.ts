import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { BrokenFileError, type TextDocument } from '../document';
import { joinPages } from './divided-words';
import type { LoadOptions } from './load-options';

const LONGEST_MS = 120_000;
const MOST_MEMORY_MB = 1024;

/** What the worker is started with. */
export interface PdfQuestion {
  readonly bytes: Uint8Array;
  readonly passwords: readonly string[];
}

/** What the worker answers. */
export type PdfAnswer =
  | { readonly pages: readonly string[]; readonly title: string | undefined }
  | { readonly needsPassword: true }
  | { readonly error: string };

/**
 * PDF is parsed in a separate thread: a hostile or broken file may exhaust that thread's memory or never end, and is
 * then reported like any broken file.
 */
export async function loadPdf(bytes: Uint8Array, { pdfPasswords = [] }: LoadOptions = {}): Promise<TextDocument> {
  const answer = await readInThread({ bytes: Uint8Array.from(bytes), passwords: pdfPasswords });
  if ('needsPassword' in answer) throw new BrokenFileError(passwordIsMissing(pdfPasswords));
  if ('error' in answer) throw new BrokenFileError(`It cannot be read as PDF: ${answer.error}`);
  const pages = joinPages(answer.pages).map((page) => page.trim());
  if (pages.every((page) => page === ''))
    throw new BrokenFileError('It contains no text: it may be a scan, which needs text recognition first.');
  const pageStarts: number[] = [];
  let text = '';
  for (const page of pages) {
    pageStarts.push(text.length);
    text += `${page}\n\n`;
  }
  return { kind: 'text', title: answer.title, text, pageStarts };
}

const passwordIsMissing = (given: readonly string[]): string =>
  given.length === 0
    ? 'It is protected by a password: give it with --pdf-password, or in ZERODB_PDF_PASSWORD.'
    : 'It is protected by a password, and none that was given opens it.';

function readInThread(question: PdfQuestion): Promise<PdfAnswer> {
  return new Promise((resolve) => {
    const worker = new Worker(join(__dirname, 'pdf.worker.js'), {
      workerData: question,
      resourceLimits: { maxOldGenerationSizeMb: MOST_MEMORY_MB },
      // Warnings of the PDF library about fonts and the like are nothing a user can act on.
      stdout: true,
      stderr: true,
    });
    const timer = setTimeout(() => finish({ error: `it took longer than ${LONGEST_MS / 1000} s` }), LONGEST_MS);
    const finish = (answer: PdfAnswer): void => {
      clearTimeout(timer);
      resolve(answer);
      void worker.terminate();
    };
    worker.once('message', finish);
    worker.once('error', (error) => finish({ error: error.message }));
    worker.once('exit', () => finish({ error: 'its reader ended without an answer' }));
  });
}
