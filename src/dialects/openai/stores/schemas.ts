import { z } from 'zod';
import { isStorableText } from '../../../common/filter/values';
import { UNSTORABLE } from '../../../common/storable';
import { listQuery } from '../paging';
import { STATUSES } from './vector-store';

const MOST_PAIRS = 16;
const LONGEST_KEY = 64;
const LONGEST_VALUE = 512;
const MOST_FILES = 500;
const MOST_BATCH_FILES = 2_000;
const MOST_DAYS = 365;
/** What OpenAI uses for `auto`. */
export const AUTO_CHUNKING = { max_chunk_size_tokens: 800, chunk_overlap_tokens: 400 } as const;
const CHUNK_TOKENS = { min: 100, max: 4_096 } as const;

const text = (longest: number) => z.string().max(longest).refine(isStorableText, UNSTORABLE);

const pairs = <V extends z.ZodType>(value: V) =>
  z
    .record(text(LONGEST_KEY).min(1), value)
    .refine((object) => Object.keys(object).length <= MOST_PAIRS, `at most ${MOST_PAIRS} pairs are taken.`);

const metadata = pairs(text(LONGEST_VALUE)).nullish();
/** As the metadata of records: `metadataFaults`. */
const keepsDigits = (value: number): boolean => !Number.isInteger(value) || Number.isSafeInteger(value);
const number = z.number().refine(keepsDigits, 'an integer beyond 2^53 - 1 loses digits; send it as a string.');
export const attributes = pairs(z.union([text(LONGEST_VALUE), number, z.boolean()]));

const expiresAfter = z.strictObject({ anchor: z.literal('last_active_at'), days: z.int().min(1).max(MOST_DAYS) });

const chunking = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('auto') }),
    z.strictObject({
      type: z.literal('static'),
      static: z
        .strictObject({
          max_chunk_size_tokens: z.int().min(CHUNK_TOKENS.min).max(CHUNK_TOKENS.max),
          chunk_overlap_tokens: z.int().min(0),
        })
        .refine(
          ({ max_chunk_size_tokens: most, chunk_overlap_tokens: overlap }) => overlap * 2 <= most,
          'chunk_overlap_tokens must not exceed half of max_chunk_size_tokens.',
        ),
    }),
  ])
  .nullish();

export interface Chunking {
  readonly chunk_tokens: number;
  readonly overlap_tokens: number;
}

export const chunkingOf = (sent: z.output<typeof chunking>): Chunking => {
  const { max_chunk_size_tokens, chunk_overlap_tokens } = sent?.type === 'static' ? sent.static : AUTO_CHUNKING;
  return { chunk_tokens: max_chunk_size_tokens, overlap_tokens: chunk_overlap_tokens };
};

const name = text(256).nullish();
const fileId = z.string().min(1).max(64);

export const createStoreBody = z
  .strictObject({
    name,
    description: text(512).nullish(),
    file_ids: z.array(fileId).max(MOST_FILES).nullish(),
    expires_after: expiresAfter.nullish(),
    chunking_strategy: chunking,
    metadata,
  })
  .prefault({});
export const updateStoreBody = z.strictObject({ name, expires_after: expiresAfter.nullish(), metadata }).prefault({});

export const attachBody = z.strictObject({
  file_id: fileId,
  attributes: attributes.nullish(),
  chunking_strategy: chunking,
});
export const updateAttachmentBody = z.strictObject({ attributes: attributes.nullable() });

export const batchBody = z
  .strictObject({
    file_ids: z.array(fileId).min(1).max(MOST_BATCH_FILES).nullish(),
    files: z.array(attachBody).min(1).max(MOST_BATCH_FILES).nullish(),
    attributes: attributes.nullish(),
    chunking_strategy: chunking,
  })
  .refine(({ file_ids, files }) => (file_ids ?? null) === null || (files ?? null) === null, {
    message: 'give either file_ids or files, not both.',
    path: ['files'],
  })
  .refine(({ file_ids, files }) => (file_ids ?? files ?? null) !== null, {
    message: 'give file_ids or files.',
    path: ['file_ids'],
  });

const MOST_QUERIES = 16;
const LONGEST_QUERY = 4_096;

const question = text(LONGEST_QUERY).min(1);

export const searchBody = z.strictObject({
  query: z.union([question, z.array(question).min(1).max(MOST_QUERIES)]),
  filters: z.record(z.string(), z.unknown()).nullish(),
  max_num_results: z.int().min(1).max(50).default(10),
  ranking_options: z
    .strictObject({
      ranker: z.string().max(64).nullish(),
      score_threshold: z.number().min(0).max(1).nullish(),
    })
    .nullish(),
  rewrite_query: z.boolean().nullish(),
});

const MOST_LISTED = 100;
const LISTED = 20;
export const storesQuery = listQuery(LISTED, MOST_LISTED);
export const attachmentsQuery = listQuery(LISTED, MOST_LISTED).extend({ filter: z.enum(STATUSES).optional() });

export const ofStore = z.object({ store: z.string() });
export const ofAttachment = z.object({ store: z.string(), file: z.string() });
export const ofBatch = z.object({ store: z.string(), batch: z.string() });
