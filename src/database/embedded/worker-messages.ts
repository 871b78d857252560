import type { SharedFigures } from './worker-figures';

/** `disk`: a commit is answered when its log is on the disk. `process`: when the operating system has received it. */
export type Durability = 'disk' | 'process';

export interface WorkerOptions {
  /** `null` keeps everything in memory. */
  readonly dataDir: string | null;
  readonly durability: Durability;
}

export interface WorkerData extends WorkerOptions {
  readonly figures: SharedFigures;
}

/** To the worker: a batch of protocol messages that ends in Sync or is one simple query; or the request to close. */
export type WorkerMessage = Uint8Array | 'close';

/** From the worker: the engine's answer to one batch, complete or in parts; or a change of the worker's state. */
export type WorkerAnswer = Uint8Array | 'ready' | 'closed';

export const isControl = (message: WorkerMessage | WorkerAnswer): message is 'close' | 'ready' | 'closed' =>
  typeof message === 'string';
