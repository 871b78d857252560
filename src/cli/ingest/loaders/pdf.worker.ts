import { parentPort, workerData } from 'node:worker_threads';
import type { PdfAnswer } from './pdf';

/** The part of unpdf that is used. It is loaded here only: it costs a quarter of a second. */
type Unpdf = typeof import('unpdf', { with: { 'resolution-mode': 'require' } });

async function read(bytes: Uint8Array): Promise<PdfAnswer> {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded late, on purpose
  const { extractText, getDocumentProxy, getMeta } = require('unpdf') as Unpdf;
  const pdf = await getDocumentProxy(bytes, { verbosity: 0 });
  const { text } = await extractText(pdf, { mergePages: false });
  const { info } = await getMeta(pdf);
  const title: unknown = (info as Readonly<Record<string, unknown>>)['Title'];
  return { pages: text, title: typeof title === 'string' && title.trim() !== '' ? title.trim() : undefined };
}

read(workerData as Uint8Array).then(
  (answer) => parentPort?.postMessage(answer),
  (error: unknown) =>
    parentPort?.postMessage({ error: error instanceof Error ? error.message : String(error) } satisfies PdfAnswer),
);
