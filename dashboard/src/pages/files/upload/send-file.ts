import { api } from '../../../api/client';
import { pathWith } from '../../../../../src/client';
import { ApiError } from '../../../api/problem';
import { upload } from '../../../api/upload';
import type { PartsUpload } from '../types';
import { forgetUpload, interruptedUpload, rememberUpload, type Identity } from './interrupted';
import { missingParts, PART_BYTES, sha256Of, type Part } from './parts';
import { withPatience } from './with-patience';

export interface Sending {
  readonly file: File;
  readonly project: string;
  readonly bucket: string;
  readonly key: string;
  /** Whether a file that is there may be replaced. Otherwise the send is refused with 412. */
  readonly mayReplace: boolean;
  readonly signal: AbortSignal;
  /** Bytes of the file that the server has, or that are on their way. */
  readonly onProgress: (bytes: number) => void;
}

/** Parts that are sent at the same time. */
const MAX_CONCURRENT = 2;
export const PRECONDITION_FAILED = 412;
const FILE_EXISTS = new ApiError({
  status: PRECONDITION_FAILED,
  code: 'precondition_failed',
  title: 'Precondition failed',
  detail: 'A file of this name exists.',
  errors: [],
  retryable: false,
});
const TYPE = /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+(\s*;[\x20-\x7e]*)?$/i;

/** Stores a file; a large one in parts, of which those that arrived before are not sent again. */
export const sendFile = (sending: Sending): Promise<void> =>
  sending.file.size <= PART_BYTES ? sendWhole(sending) : sendParts(sending);

const typeOf = ({ type }: File): string => (TYPE.test(type) && type.length <= 255 ? type : 'application/octet-stream');

/** An upload stays in the project it was started in, even when another one is shown. */
const projectOf = ({ project }: Pick<Sending, 'project'>): Record<string, string> => ({ 'zerodb-project': project });

const precondition = ({ mayReplace }: Sending): Record<string, string> => (mayReplace ? {} : { 'if-none-match': '*' });

const sendWhole = (sending: Sending): Promise<void> => {
  const { file, bucket, key, signal, onProgress } = sending;
  return withPatience(signal, async () => {
    const hash = await sha256Of(file);
    const headers = {
      'content-type': typeOf(file),
      ...projectOf(sending),
      ...precondition(sending),
      ...(hash === undefined ? {} : { 'x-content-sha256': hash }),
    };
    await upload(pathWith('/v1/files/{bucket}/{key}', { bucket, key }), file, { headers, signal, onProgress });
  });
};

const sendParts = async (sending: Sending): Promise<void> => {
  const { file, signal } = sending;
  if (!sending.mayReplace) await mustBeFree(sending);
  const begun = await begin(sending);
  const missing = await missingParts(file, begun.parts);
  const progress = progressOf(sending, missing);
  const queue = [...missing];
  const worker = async (): Promise<void> => {
    for (let part = queue.shift(); part; part = queue.shift()) await sendPart(sending, begun.id, part, progress);
  };
  await Promise.all(Array.from({ length: MAX_CONCURRENT }, worker));
  const headers = { ...projectOf(sending), ...precondition(sending) };
  const path = { id: begun.id };
  await withPatience(signal, () => api.post('/v1/uploads/{id}/complete', { path, body: {}, signal, headers }));
  forgetUpload(begun.id);
};

type Place = Pick<Sending, 'file' | 'project' | 'bucket' | 'key'>;

/** Aborts an upload on the server. A failure is harmless: unfinished uploads expire. */
export const abandonUpload = async (place: Place): Promise<void> => {
  const known = interruptedUpload(identityOf(place));
  if (known === undefined) return;
  forgetUpload(known);
  const headers = projectOf(place);
  await api.delete('/v1/uploads/{id}', { path: { id: known }, headers }).catch(() => undefined);
};

const identityOf = ({ file, project, bucket, key }: Place): Identity => ({
  project,
  bucket,
  key,
  size: file.size,
  lastModified: file.lastModified,
});

/** Says before the first byte what would otherwise be said after the last one. */
const mustBeFree = (sending: Sending): Promise<void> =>
  withPatience(sending.signal, async () => {
    const { bucket, key, signal } = sending;
    const options = { path: { bucket, key }, headers: projectOf(sending), signal, accept: [404] };
    const { status } = await api.raw('head', '/v1/files/{bucket}/{key}', options);
    if (status !== 404) throw FILE_EXISTS;
  });

/** The upload that was begun before, when the server still has it; otherwise a new one. */
const begin = async (sending: Sending): Promise<PartsUpload> => {
  const { file, bucket, key, signal } = sending;
  const identity = identityOf(sending);
  const options = { signal, headers: projectOf(sending) };
  const known = interruptedUpload(identity);
  if (known !== undefined) {
    const found = await withPatience(signal, () =>
      api.get('/v1/uploads/{id}', { path: { id: known }, ...options }),
    ).catch(gone);
    if (found) return found;
    forgetUpload(known);
  }
  const body = { bucket, key, content_type: typeOf(file) };
  const made = await withPatience(signal, () => api.post('/v1/uploads', { body, ...options }));
  rememberUpload({ id: made.id, ...identity });
  return made;
};

const gone = (error: unknown): undefined => {
  if (error instanceof ApiError && error.status === 404) return undefined;
  throw error;
};

const sendPart = (sending: Sending, id: string, part: Part, progress: PartProgress): Promise<void> =>
  withPatience(sending.signal, async () => {
    const bytes = sending.file.slice(part.start, part.end);
    const hash = await sha256Of(bytes);
    await upload(pathWith('/v1/uploads/{id}/parts/{number}', { id, number: part.number }), bytes, {
      headers: {
        'content-type': 'application/octet-stream',
        ...projectOf(sending),
        ...(hash === undefined ? {} : { 'x-content-sha256': hash }),
      },
      signal: sending.signal,
      onProgress: (sent) => progress(part, sent),
    });
    progress(part, bytes.size);
  });

type PartProgress = (part: Part, sent: number) => void;

/** Adds up what the server had before and what has been sent of each part. */
const progressOf = ({ file, onProgress }: Sending, missing: readonly Part[]): PartProgress => {
  const before = file.size - missing.reduce((sum, { start, end }) => sum + end - start, 0);
  const sent = new Map<number, number>();
  onProgress(before);
  return (part, count) => {
    sent.set(part.number, Math.min(count, part.end - part.start));
    onProgress([...sent.values()].reduce((sum, one) => sum + one, before));
  };
};
