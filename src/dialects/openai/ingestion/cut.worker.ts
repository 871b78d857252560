import { parentPort } from 'node:worker_threads';
import { messageOf } from '../../../common/message-of';
import { cutFile, RefusedFile } from './cut-file';
import type { CutAnswer, CutRequest } from './cut-job';

/** Chunks in one answer: what the other side holds at once. */
const AT_ONCE = 32;

let chunks: string[] = [];
let sent = 0;

const next = (): CutAnswer => {
  const texts = chunks.slice(sent, sent + AT_ONCE);
  sent += texts.length;
  const isLast = sent >= chunks.length;
  if (isLast) chunks = [];
  return { texts, isLast };
};

const answer = async (request: CutRequest): Promise<CutAnswer> => {
  if (request.kind === 'next') return next();
  try {
    chunks = await cutFile(request);
    sent = 0;
    return next();
  } catch (error) {
    return error instanceof RefusedFile ? { refusal: error.refusal } : { defect: messageOf(error) };
  }
};

parentPort?.on('message', (request: CutRequest) => {
  void answer(request).then((value) => parentPort?.postMessage(value));
});
