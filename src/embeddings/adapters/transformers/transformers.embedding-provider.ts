import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { conflict, unavailable } from '../../../common/errors';
import { ServiceFault } from '../../../common/service-fault';
import { EmbeddingProvider, type EmbeddingModel } from '../../embedding-provider.port';
import { isInteractive } from './interactive';
import { readModelFolder, type ModelFolder } from './model-folder';
import { ModelThread } from './model-thread';

export interface TransformersOptions {
  /** The folder that contains the model folders. */
  readonly modelsDir: string;
  /** The default model: the name of a folder in `modelsDir`. */
  readonly model: string;
  /** Threads of the inference engine. */
  readonly threads?: number;
}

/** The cheapest thing to embed. */
const CHECK_TEXT = 'ok';

type Lane = 'interactive' | 'bulk';

/** Bulk yields its core to searches and to the database, and frees its memory (about that of the model). */
const LANES: Record<Lane, { niceness: number; idleMs?: number }> = {
  interactive: { niceness: 0 },
  bulk: { niceness: 5, idleMs: 60_000 },
};

/** More than four add little for a model of this size. */
const MAX_THREADS = 4;

/** One core is reserved for the event loop and the database, unless the threads run at low priority. */
const defaultThreads = (lane: Lane): number => {
  const spare = lane === 'bulk' && process.platform === 'linux' ? 0 : 1;
  return Math.max(1, Math.min(MAX_THREADS, availableParallelism() - spare));
};

/** Models on local disk, run by Transformers.js in separate threads. Nothing is downloaded. */
export class TransformersEmbeddingProvider extends EmbeddingProvider {
  readonly defaultModel: EmbeddingModel;
  private readonly modelsDir: string;
  private readonly threads: number | undefined;
  private readonly folders = new Map<string, ModelFolder>();
  private readonly running = new Map<string, ModelThread>();
  private isClosed = false;

  /** Throws when the default model's folder is missing or incomplete: that is a fault of the configuration. */
  constructor(options: TransformersOptions) {
    super();
    this.modelsDir = resolve(options.modelsDir);
    this.threads = options.threads;
    const model = this.find(options.model);
    if (model === undefined) {
      throw new Error(
        `There is no embedding model "${options.model}" in ${this.modelsDir}: a folder with config.json, ` +
          'tokenizer.json and onnx/model_quantized.onnx (or onnx/model.onnx) is needed.',
      );
    }
    this.defaultModel = model;
  }

  find(name: string): EmbeddingModel | undefined {
    return this.folder(name)?.model;
  }

  async embed(model: EmbeddingModel, texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]> {
    signal?.throwIfAborted();
    const folder = this.mustServe(model);
    if (texts.length === 0) return [];
    if (this.isClosed) throw unavailable('embeddings', new Error('The provider is closed.'));
    const rows = await this.thread(folder, isInteractive(texts) ? 'interactive' : 'bulk').embed(texts, signal);
    // Copied, so that a vector that is kept does not keep the whole batch.
    return texts.map(
      (_, index) => new Float32Array(rows.subarray(index * model.dimension, (index + 1) * model.dimension)),
    );
  }

  /** A model that was not needed yet is not loaded for this; one whose thread died is started again. */
  override async check(signal: AbortSignal): Promise<void> {
    for (const [key, thread] of this.running) {
      if (thread.diedOf === undefined) continue;
      await thread.embed([CHECK_TEXT], signal).catch((cause: unknown) => {
        throw new ServiceFault('embeddings', 'reset', `The thread of the model "${key}" died.`, { cause });
      });
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all([...this.running.values()].map((thread) => thread.close()));
  }

  private folder(name: string): ModelFolder | undefined {
    const known = this.folders.get(name) ?? readModelFolder(this.modelsDir, name);
    if (known !== undefined) this.folders.set(name, known);
    return known;
  }

  private mustServe(model: EmbeddingModel): ModelFolder {
    const folder = this.folder(model.name);
    if (folder === undefined) throw conflict(`The embedding model "${model.name}" is not installed here.`);
    const { revision, dimension } = folder.model;
    if (revision === model.revision && dimension === model.dimension) return folder;
    throw conflict(
      `The embedding model "${model.name}" is installed in revision ${revision} (${dimension} dimensions), ` +
        `but revision ${model.revision} (${model.dimension} dimensions) is needed.`,
    );
  }

  /** One thread for what somebody waits for, one for bulk: a pass can't be interrupted, and a search can't wait for it. */
  private thread(folder: ModelFolder, lane: Lane): ModelThread {
    const { name, dimension } = folder.model;
    const key = `${lane}:${name}`;
    const existing = this.running.get(key);
    if (existing !== undefined) return existing;
    const { dtype, windowTokens, pooling } = folder;
    const { modelsDir, threads = defaultThreads(lane) } = this;
    const { niceness, idleMs } = LANES[lane];
    const settings = { modelsDir, name, dtype, windowTokens, pooling, dimension, threads, niceness };
    const thread = new ModelThread(settings, idleMs);
    this.running.set(key, thread);
    return thread;
  }
}
