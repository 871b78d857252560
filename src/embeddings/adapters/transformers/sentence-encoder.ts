/** A loaded model, as the scheduler sees it. */
export interface SentenceEncoder {
  readonly dimension: number;
  /** Content tokens in one window, without the special ones. */
  readonly windowTokens: number;
  /** Windows that may go through the model in one pass. */
  readonly batchWindows: number;
  /** The content tokens of a text. */
  tokenise(text: string): readonly number[];
  /** One vector of unit length for each window, in order. */
  run(windows: readonly (readonly number[])[]): Promise<Float32Array[]>;
}

/** Scales to unit length, in place. A zero vector stays zero. */
export function normalise(vector: Float32Array): Float32Array {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
  for (let index = 0; index < vector.length; index++) vector[index] = (vector[index] ?? 0) * scale;
  return vector;
}
