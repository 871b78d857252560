import { z } from 'zod';
import { AttemptFailure, providerMisconfigured } from './errors';

const answerSchema = z.object({
  data: z.array(z.object({ index: z.int().min(0).optional(), embedding: z.union([z.string(), z.array(z.number())]) })),
});

const faultSchema = z.union([
  z.object({ error: z.object({ message: z.string() }) }).transform(({ error }) => error.message),
  z.object({ error: z.string() }).transform(({ error }) => error),
  z.object({ message: z.string() }).transform(({ message }) => message),
]);

/** Characters of a provider's message that are passed on. */
const MAX_DETAIL = 200;

/** The vectors of an answer in the order of the texts, of unit length, all checked. */
export function readVectors(body: string, count: number, dimension: number): Float32Array[] {
  const answer = answerSchema.safeParse(parseJson(body));
  if (!answer.success) throw new AttemptFailure('The embedding provider answered with something else than embeddings.');
  const { data } = answer.data;
  const vectors = new Map(data.map((item, position) => [item.index ?? position, decode(item.embedding)]));
  if (data.length !== count || vectors.size !== count) {
    throw new AttemptFailure(`The embedding provider answered ${data.length} vectors for ${count} texts.`);
  }
  return Array.from({ length: count }, (_, index) => checked(vectors.get(index), dimension));
}

/** The message of an error's body, shortened, with the secret taken out. */
export function readDetail(body: string, secret: string | undefined): string {
  const fault = faultSchema.safeParse(parseJson(body));
  const message = (fault.data ?? '').replace(/\s+/g, ' ').trim().replace(/\.$/, '');
  const safe = secret === undefined || secret === '' ? message : message.replaceAll(secret, '…');
  return safe.length > MAX_DETAIL ? `${safe.slice(0, MAX_DETAIL)}…` : safe;
}

/** Numbers, or base64 of little-endian float32, whichever the provider chose. */
function decode(embedding: string | readonly number[]): Float32Array {
  if (typeof embedding !== 'string') return Float32Array.from(embedding);
  const bytes = Buffer.from(embedding, 'base64');
  return Float32Array.from({ length: Math.floor(bytes.length / 4) }, (_, index) => bytes.readFloatLE(index * 4));
}

function checked(vector: Float32Array | undefined, dimension: number): Float32Array {
  if (vector === undefined) throw new AttemptFailure('The embedding provider left out a text.');
  if (vector.length !== dimension) {
    throw providerMisconfigured(
      `The embedding provider answered vectors of ${vector.length} dimensions instead of ${dimension}.`,
    );
  }
  const length = Math.hypot(...vector);
  if (!Number.isFinite(length) || length === 0) {
    throw new AttemptFailure('The embedding provider answered a vector without a direction.');
  }
  return vector.map((value) => value / length);
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}
