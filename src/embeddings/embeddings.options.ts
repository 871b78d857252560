import type { PeerTls } from '../common/tls';

/** A model folder on local disk, run by Transformers.js. */
export interface LocalEmbeddingsOptions {
  readonly provider: 'local';
  /** The folder that contains the model folders. */
  readonly modelsDir: string;
  readonly model: string;
}

/** Any endpoint that speaks OpenAI's `/v1/embeddings`. */
export interface OpenAiEmbeddingsOptions {
  readonly provider: 'openai';
  /** With the version, without `/embeddings`: `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  readonly apiKey?: string | undefined;
  readonly model: string;
  readonly dimension: number;
  /** Sends `dimension` with each request, for models that can shorten their vectors. */
  readonly sendDimensions?: boolean | undefined;
  /** For one attempt, answer included. */
  readonly timeoutMs: number;
  /** Texts in one request. */
  readonly batchSize: number;
  /** Tokens of the longest text that the model takes whole; longer ones are embedded in parts. Default 8,000. */
  readonly windowTokens?: number | undefined;
  readonly tls?: PeerTls | undefined;
}

export type EmbeddingsOptions = LocalEmbeddingsOptions | OpenAiEmbeddingsOptions;

/** The token under which the module finds its options. */
export const EMBEDDINGS_OPTIONS = Symbol('EMBEDDINGS_OPTIONS');
