import { z } from 'zod';
import { invalid, malformed } from '../../common/errors';
import { faultsOf } from '../rest/faults';
import { MAX_BATCH, MAX_QUERY_BYTES } from './limits/query-limits';

const requestSchema = z.object({
  query: z
    .string()
    .min(1)
    .refine((query) => Buffer.byteLength(query) <= MAX_QUERY_BYTES, `must have at most ${MAX_QUERY_BYTES} bytes`)
    .nullish(),
  operationName: z.string().max(1_000).nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  extensions: z
    .looseObject({
      persistedQuery: z
        .looseObject({ version: z.literal(1), sha256Hash: z.string().regex(/^[0-9a-f]{64}$/) })
        .optional(),
    })
    .nullish(),
});

/** One query, as clients send it. */
export interface GraphqlRequest {
  readonly query: string | undefined;
  readonly hash: string | undefined;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
}

export interface ReadRequests {
  readonly requests: readonly GraphqlRequest[];
  readonly isBatch: boolean;
}

/** Reads one query, or a batch of a few. Throws `malformed` or `invalid`. */
export const readRequests = (body: unknown): ReadRequests => {
  if (!Array.isArray(body)) return { requests: [readRequest(body)], isBatch: false };
  if (body.length === 0) throw malformed('A batch holds at least one query.');
  if (body.length > MAX_BATCH) throw malformed(`A batch holds at most ${MAX_BATCH} queries.`);
  return { requests: body.map(readRequest), isBatch: true };
};

export const readRequest = (body: unknown): GraphqlRequest => {
  const parsed = requestSchema.safeParse(body);
  if (!parsed.success) {
    const faults = faultsOf(parsed.error.issues, 'body');
    throw invalid(`${faults[0]?.path ?? ''}: ${faults[0]?.message ?? 'is invalid'}`, faults);
  }
  const { query, operationName, variables, extensions } = parsed.data;
  return {
    query: query ?? undefined,
    hash: extensions?.persistedQuery?.sha256Hash,
    operationName: operationName ?? undefined,
    variables: variables ?? undefined,
  };
};
