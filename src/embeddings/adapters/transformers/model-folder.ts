import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { EmbeddingModel } from '../../embedding-provider.port';

/** What is read from a model's folder without loading the model. */
export interface ModelFolder {
  readonly model: EmbeddingModel;
  readonly dtype: 'q8' | 'fp32';
  /** Tokens in one pass, special tokens included. */
  readonly windowTokens: number;
  readonly pooling: 'mean' | 'cls';
}

/** `name` or `owner/name`: never a way out of the models' folder. */
const MODEL_NAME = /^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)?$/;

/** The window of sentence models that name none; longer passes cost more than they add. */
const DEFAULT_WINDOW_TOKENS = 256;

const configSchema = z.object({
  hidden_size: z.int().positive(),
  max_position_embeddings: z.int().positive().optional(),
});
const sentenceSchema = z.object({ max_seq_length: z.int().min(8).optional() });
const poolingSchema = z.object({ pooling_mode_cls_token: z.boolean().optional() });

const WEIGHTS = [
  { file: 'model_quantized.onnx', dtype: 'q8' },
  { file: 'model.onnx', dtype: 'fp32' },
] as const;

/** The model in `modelsDir/name`, or `undefined` when there is no complete one. */
export function readModelFolder(modelsDir: string, name: string): ModelFolder | undefined {
  if (!MODEL_NAME.test(name) || name.includes('..')) return undefined;
  const folder = join(modelsDir, name);
  const weights = WEIGHTS.find(({ file }) => existsSync(join(folder, 'onnx', file)));
  const config = configSchema.safeParse(readJson(join(folder, 'config.json')));
  if (weights === undefined || !config.success || !existsSync(join(folder, 'tokenizer.json'))) return undefined;
  const sentence = sentenceSchema.safeParse(readJson(join(folder, 'sentence_bert_config.json')));
  const pooling = poolingSchema.safeParse(readJson(join(folder, '1_Pooling', 'config.json')));
  const window = sentence.data?.max_seq_length ?? DEFAULT_WINDOW_TOKENS;
  return {
    model: { name, revision: revisionOf(folder, weights.file), dimension: config.data.hidden_size },
    dtype: weights.dtype,
    windowTokens: Math.min(window, config.data.max_position_embeddings ?? window),
    pooling: pooling.data?.pooling_mode_cls_token === true ? 'cls' : 'mean',
  };
}

/** Cheap on purpose: the weights are not hashed, since that would read them all at every start. */
function revisionOf(folder: string, weights: string): string {
  const named = join(folder, 'REVISION');
  if (existsSync(named)) return readFileSync(named, 'utf8').trim();
  const hash = createHash('sha256').update(readFileSync(join(folder, 'config.json')));
  return hash
    .update(`${weights}:${statSync(join(folder, 'onnx', weights)).size}`)
    .digest('hex')
    .slice(0, 12);
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown;
  } catch {
    return undefined;
  }
}
