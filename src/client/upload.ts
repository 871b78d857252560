import type { ZeroDbClient } from './client';
import type { StoredFile } from './shapes';

export type UploadSource = Blob | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

export interface UploadOptions {
  readonly contentType?: string;
  /** Names of lower-case letters, digits and hyphens. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Default: 8 MiB. At most 10,000 parts make a file. */
  readonly partBytes?: number;
  /** Parts sent at the same time. Default: 3. As many, and one more, are in memory. */
  readonly concurrency?: number;
  /** Bytes that are stored durably so far. */
  readonly onProgress?: (sentBytes: number) => void;
  readonly signal?: AbortSignal;
}

const PART_BYTES = 8 * 1024 * 1024;
const CONCURRENCY = 3;

interface Part {
  readonly number: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Sends a file of any size in parts, each checked by its SHA-256. A failed upload is given up: nothing becomes visible, unless the
 * outcome of the last request, which completes it, is unknown (`UnreachableError`, or an `ApiError` that does not say
 * `not_applied`): then check whether the file exists.
 */
export async function uploadFile(
  client: ZeroDbClient,
  bucket: string,
  key: string,
  source: UploadSource,
  options: UploadOptions = {},
): Promise<StoredFile> {
  const { contentType, metadata, signal } = options;
  const { id } = await client.post('/v1/uploads', {
    body: { bucket, key, ...(contentType && { content_type: contentType }), ...(metadata && { metadata }) },
    ...(signal && { signal }),
  });
  try {
    const parts = await sendParts(client, id, source, options);
    // Completing again returns the first answer.
    return await client.post('/v1/uploads/{id}/complete', {
      path: { id },
      body: { parts },
      repeatable: true,
      ...(signal && { signal }),
    });
  } catch (error) {
    await client.delete('/v1/uploads/{id}', { path: { id }, retries: 0 }).catch(() => undefined);
    throw error;
  }
}

type SentPart = { number: number; sha256?: string };

/** As many senders as `concurrency` take parts from one source, so that a slow network slows the reading. */
async function sendParts(
  client: ZeroDbClient,
  id: string,
  source: UploadSource,
  { partBytes = PART_BYTES, concurrency = CONCURRENCY, onProgress, signal }: UploadOptions,
): Promise<SentPart[]> {
  const parts = partsOf(source, partBytes);
  const sent: SentPart[] = [];
  let sentBytes = 0;
  const sendAll = async (): Promise<void> => {
    for (let next = await parts.next(); next.done !== true; next = await parts.next()) {
      sent.push(await sendPart(client, id, next.value, signal));
      sentBytes += next.value.bytes.length;
      onProgress?.(sentBytes);
    }
  };
  const senders = await Promise.allSettled(Array.from({ length: concurrency }, () => ended(sendAll(), parts)));
  for (const sender of senders) if (sender.status === 'rejected') throw sender.reason;
  return sent.sort((a, b) => a.number - b.number);
}

/** The fault of one sender ends the source, and so the others. */
const ended = async (work: Promise<void>, parts: AsyncGenerator<Part, void, undefined>): Promise<void> => {
  try {
    await work;
  } catch (error) {
    void parts.return();
    throw error;
  }
};

async function sendPart(
  client: ZeroDbClient,
  id: string,
  { number, bytes }: Part,
  signal: AbortSignal | undefined,
): Promise<SentPart> {
  const sha256 = await sha256Of(bytes);
  await client.put('/v1/uploads/{id}/parts/{number}', {
    path: { id, number },
    stream: { body: bytes, contentType: 'application/octet-stream' },
    // The same bytes under the same number: sent twice, they are one part.
    repeatable: true,
    ...(sha256 && { headers: { 'x-content-sha256': sha256 } }),
    ...(signal && { signal }),
  });
  return { number, ...(sha256 && { sha256 }) };
}

/** Absent where a page is not served over HTTPS: browsers have no hashes there. */
const sha256Of = async (bytes: Uint8Array<ArrayBuffer>): Promise<string | undefined> => {
  const { subtle } = crypto as { readonly subtle?: Pick<typeof crypto.subtle, 'digest'> };
  if (subtle === undefined) return undefined;
  const hash = new Uint8Array(await subtle.digest('SHA-256', bytes));
  return [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('');
};

/** Pieces of `size` bytes; the last may be shorter. An empty file has one empty part. */
async function* partsOf(source: UploadSource, size: number): AsyncGenerator<Part, void, undefined> {
  let number = 0;
  let buffer = new Uint8Array(size);
  let filled = 0;
  for await (const piece of piecesOf(source, size)) {
    for (let from = 0; from < piece.length;) {
      const taken = piece.subarray(from, from + size - filled);
      buffer.set(taken, filled);
      [filled, from] = [filled + taken.length, from + taken.length];
      if (filled < size) continue;
      yield { number: (number += 1), bytes: buffer };
      [buffer, filled] = [new Uint8Array(size), 0];
    }
  }
  if (filled > 0 || number === 0) yield { number: number + 1, bytes: buffer.slice(0, filled) };
}

async function* piecesOf(source: UploadSource, size: number): AsyncGenerator<Uint8Array, void, undefined> {
  if (source instanceof Uint8Array) yield source;
  else if (source instanceof Blob) {
    for (let from = 0; from < source.size; from += size) {
      yield new Uint8Array(await source.slice(from, from + size).arrayBuffer());
    }
  } else yield* source;
}
