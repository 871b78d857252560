import { parentPort, workerData } from 'node:worker_threads';
import { extractText, getDocumentProxy, getMeta } from 'unpdf';
import { messageOf } from '../../message-of';
import type { PdfAnswer, PdfQuestion } from './pdf';

type Document = Awaited<ReturnType<typeof getDocumentProxy>>;

async function read({ bytes, passwords }: PdfQuestion): Promise<PdfAnswer> {
  const pdf = await open(bytes, passwords);
  if (pdf === undefined) return { needsPassword: true };
  const { text } = await extractText(pdf, { mergePages: false });
  const { info } = await getMeta(pdf);
  const title: unknown = (info as Readonly<Record<string, unknown>>)['Title'];
  return { pages: text, title: typeof title === 'string' && title.trim() !== '' ? title.trim() : undefined };
}

/** Many files are encrypted with an empty password, which the library tries without being asked. */
async function open(bytes: Uint8Array, passwords: readonly string[]): Promise<Document | undefined> {
  for (const password of [undefined, ...passwords]) {
    try {
      // A copy: the library takes the bytes away from whoever gave them.
      const data = Uint8Array.from(bytes);
      return await getDocumentProxy(data, { verbosity: 0, ...(password === undefined ? {} : { password }) });
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'PasswordException') throw error;
    }
  }
  return undefined;
}

read(workerData as PdfQuestion).then(
  (answer) => parentPort?.postMessage(answer),
  (error: unknown) => parentPort?.postMessage({ error: messageOf(error) } satisfies PdfAnswer),
);
