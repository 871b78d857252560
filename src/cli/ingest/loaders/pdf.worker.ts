import { parentPort, workerData } from 'node:worker_threads';
import { extractText, getDocumentProxy, getMeta } from 'unpdf';
import { messageOf } from '../../../common/message-of';
import type { PdfAnswer } from './pdf';

async function read(bytes: Uint8Array): Promise<PdfAnswer> {
  const pdf = await getDocumentProxy(bytes, { verbosity: 0 });
  const { text } = await extractText(pdf, { mergePages: false });
  const { info } = await getMeta(pdf);
  const title: unknown = (info as Readonly<Record<string, unknown>>)['Title'];
  return { pages: text, title: typeof title === 'string' && title.trim() !== '' ? title.trim() : undefined };
}

read(workerData as Uint8Array).then(
  (answer) => parentPort?.postMessage(answer),
  (error: unknown) => parentPort?.postMessage({ error: messageOf(error) } satisfies PdfAnswer),
);
