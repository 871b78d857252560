/** What the thread is started with. */
export interface WorkerSettings {
  /** The folder that contains the model folders, and the model's folder in it. */
  readonly modelsDir: string;
  readonly name: string;
  readonly dtype: 'q8' | 'fp32';
  /** Tokens in one pass of the model, special tokens included. */
  readonly windowTokens: number;
  readonly pooling: 'mean' | 'cls';
  readonly dimension: number;
  readonly threads: number;
  /** 0 is the priority of the process, 19 the lowest. */
  readonly niceness: number;
}

export type ToWorker =
  | { readonly kind: 'embed'; readonly id: number; readonly texts: readonly string[] }
  | { readonly kind: 'cancel'; readonly id: number }
  /** Ends the thread, between two passes of the model. */
  | { readonly kind: 'end' };

/** `vectors` holds the rows one after another. */
export type FromWorker =
  | { readonly kind: 'embedded'; readonly id: number; readonly vectors: Float32Array<ArrayBuffer> }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string };
