import { unavailable } from '../common/errors';

/** A model as a collection stores it: texts embedded by another name or revision are never mixed in. */
export interface EmbeddingModel {
  readonly name: string;
  readonly revision: string;
  readonly dimension: number;
}

/** Turns texts into vectors. Unavailable providers reject with `unavailable`; nothing is ever cut silently. */
export abstract class EmbeddingProvider {
  /** The model that new collections get by default, known without loading it. */
  abstract readonly defaultModel: EmbeddingModel;

  /** The models this provider can serve. Throws nothing: an unknown name returns `undefined`. */
  abstract find(name: string): EmbeddingModel | undefined;

  /**
   * One vector of `model.dimension` float32 values, of unit length, for each text, in order. A text beyond the model's
   * window is embedded in overlapping parts and averaged by length.
   */
  abstract embed(model: EmbeddingModel, texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]>;

  /**
   * For a caller who can do without the vectors: rejects with `unavailable` once `withinMs` milliseconds are over.
   */
  async embedSoon(
    model: EmbeddingModel,
    texts: readonly string[],
    withinMs: number,
    signal?: AbortSignal,
  ): Promise<Float32Array[]> {
    // What is left of a deadline is rarely whole, which the timer insists on.
    const limit = AbortSignal.timeout(Math.max(0, Math.ceil(withinMs)));
    try {
      return await this.embed(model, texts, signal ? AbortSignal.any([signal, limit]) : limit);
    } catch (error) {
      throw limit.aborted && !signal?.aborted ? unavailable('the embedding provider', error) : error;
    }
  }

  /**
   * Whether texts could be embedded now, found out cheaply. Rejects with a `ServiceFault`. Absent where there is nothing
   * to find out.
   */
  check?(signal: AbortSignal): Promise<void>;

  abstract close(): Promise<void>;
}
