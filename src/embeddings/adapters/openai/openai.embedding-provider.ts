import { conflict } from '../../../common/errors';
import { chunkText } from '../../../common/text/chunk';
import { EmbeddingProvider, type EmbeddingModel } from '../../embedding-provider.port';
import { EmbeddingsClient, type EmbeddingsClientOptions } from './embeddings-client';

export interface OpenAiOptions extends EmbeddingsClientOptions {
  /** Texts in one request. */
  readonly batchSize: number;
  /** Tokens of the longest text that the model takes whole; longer ones are embedded in parts. */
  readonly windowTokens?: number | undefined;
}

/** Just below the 8,191 of OpenAI's models. */
const DEFAULT_WINDOW_TOKENS = 8_000;

/** Endpoints don't tell revisions: what they serve under one name is taken as one model. */
const REVISION = 'api';

/** Providers refuse an empty text; a space stands for it. */
const EMPTY_TEXT = ' ';

interface Part {
  readonly text: string;
  readonly owner: number;
}

/** Any OpenAI-compatible endpoint: OpenAI, Ollama, TEI, vLLM and others. */
export class OpenAiEmbeddingProvider extends EmbeddingProvider {
  readonly defaultModel: EmbeddingModel;
  private readonly client: EmbeddingsClient;

  constructor(private readonly options: OpenAiOptions) {
    super();
    this.client = new EmbeddingsClient(options);
    this.defaultModel = { name: options.model, revision: REVISION, dimension: options.dimension };
  }

  find(name: string): EmbeddingModel | undefined {
    return name === this.defaultModel.name ? this.defaultModel : undefined;
  }

  async embed(model: EmbeddingModel, texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]> {
    signal?.throwIfAborted();
    this.mustServe(model);
    const parts = texts.flatMap((text, owner) => this.split(text).map((part) => ({ text: part, owner })));
    const sums = texts.map(() => new Float32Array(model.dimension));
    for (let from = 0; from < parts.length; from += this.options.batchSize) {
      const batch = parts.slice(from, from + this.options.batchSize);
      const vectors = await this.client.embed(
        batch.map((part) => part.text),
        signal,
      );
      batch.forEach((part, index) => addWeighted(sums[part.owner], vectors[index], part));
    }
    return sums.map(unit);
  }

  override async check(signal: AbortSignal): Promise<void> {
    await this.client.check(signal);
  }

  async close(): Promise<void> {
    await this.client.close();
  }

  private split(text: string): string[] {
    const maxTokens = this.options.windowTokens ?? DEFAULT_WINDOW_TOKENS;
    if (estimateTokens(text) <= maxTokens) return [text.trim() === '' ? EMPTY_TEXT : text];
    const overlap = Math.floor(maxTokens / 10);
    return chunkText(text, { maxTokens, overlap, countTokens: estimateTokens }).map((chunk) => chunk.text);
  }

  private mustServe(model: EmbeddingModel): void {
    const { name, revision, dimension } = this.defaultModel;
    if (model.name === name && model.revision === revision && model.dimension === dimension) return;
    throw conflict(
      `The embedding provider serves "${name}" (${revision}, ${dimension} dimensions), ` +
        `but "${model.name}" (${model.revision}, ${model.dimension} dimensions) is needed.`,
    );
  }
}

/** On the safe side of the tokenisers in use: they make about one token of four bytes of prose. */
function estimateTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / 3);
}

function addWeighted(sum: Float32Array | undefined, vector: Float32Array | undefined, part: Part): void {
  if (sum === undefined || vector === undefined) return;
  const weight = Math.max(1, part.text.length);
  for (let index = 0; index < sum.length; index++) sum[index] = (sum[index] ?? 0) + (vector[index] ?? 0) * weight;
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return length > 0 ? vector.map((value) => value / length) : vector;
}
