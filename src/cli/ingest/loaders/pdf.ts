import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { BrokenFileError, type TextDocument } from '../document';

const LONGEST_MS = 120_000;
const MOST_MEMORY_MB = 1024;

/** What the worker answers. */
export type PdfAnswer =
  { readonly pages: readonly string[]; readonly title: string | undefined } | { readonly error: string };

/**
 * PDF is parsed in a separate thread: a hostile or broken file may exhaust that thread's memory or never end, and is
 * then reported like any broken file.
 */
export async function loadPdf(bytes: Uint8Array): Promise<TextDocument> {
  const answer = await readInThread(bytes);
  if ('error' in answer) throw new BrokenFileError(`It cannot be read as PDF: ${answer.error}`);
  const pages = answer.pages.map((page) => page.trim());
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

function readInThread(bytes: Uint8Array): Promise<PdfAnswer> {
  return new Promise((resolve) => {
    const worker = new Worker(join(__dirname, 'pdf.worker.js'), {
      workerData: Uint8Array.from(bytes),
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
