import type { WorkerSettings } from './protocol';
import { normalise, type SentenceEncoder } from './sentence-encoder';

interface Tokeniser {
  encode(text: string, options?: { add_special_tokens?: boolean }): number[];
  readonly pad_token_id?: number;
}

interface TensorLike {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

type Outputs = Readonly<Record<string, TensorLike | undefined>>;

/**
 * Dynamic int8 weights scale the activations of a whole batch together: the same text got a vector that differed by
 * 0.01 in cosine with each other neighbour in the batch. One window a pass makes the vector depend on the text alone,
 * for 1.3 ms more with short texts and nothing with long ones. Unquantized weights have no such effect.
 */
const BATCH_WINDOWS = { q8: 1, fp32: 32 } as const;

/** Loads a model folder. The library is imported here so that it costs nothing until a first text is embedded. */
export async function loadTransformersEncoder(settings: WorkerSettings): Promise<SentenceEncoder> {
  const { AutoModel, AutoTokenizer, Tensor, env } = await import('@huggingface/transformers');
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.localModelPath = settings.modelsDir;
  env.useFSCache = false;
  env.useBrowserCache = false;
  const tokeniser = (await AutoTokenizer.from_pretrained(settings.name, {
    local_files_only: true,
  })) as unknown as Tokeniser;
  const model = await AutoModel.from_pretrained(settings.name, {
    dtype: settings.dtype,
    device: 'cpu',
    local_files_only: true,
    session_options: sessionOptions(settings.threads),
  });
  const infer = model as unknown as (inputs: Readonly<Record<string, unknown>>) => Promise<Outputs>;
  const frame = specialTokens(tokeniser);
  return {
    dimension: settings.dimension,
    windowTokens: settings.windowTokens - frame.before.length - frame.after.length,
    batchWindows: BATCH_WINDOWS[settings.dtype],
    tokenise: (text) => tokeniser.encode(text, { add_special_tokens: false }),
    async run(windows) {
      const rows = windows.map((window) => [...frame.before, ...window, ...frame.after]);
      const shape = [rows.length, Math.max(...rows.map((row) => row.length))] as const;
      const tensor = (data: BigInt64Array): unknown => new Tensor('int64', data, [...shape]);
      const outputs = await infer({
        input_ids: tensor(fill(rows, shape[1], tokeniser.pad_token_id ?? 0, (token) => token)),
        attention_mask: tensor(fill(rows, shape[1], 0, () => 1)),
        token_type_ids: tensor(new BigInt64Array(shape[0] * shape[1])),
      });
      return pool(outputs, rows, settings);
    },
  };
}

/**
 * Without the arena and the memory pattern the runtime frees memory after each batch instead of keeping the most
 * it ever needed; without spinning an idle pool leaves its core to the rest of the process.
 */
function sessionOptions(threads: number): Record<string, unknown> {
  return {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    enableCpuMemArena: false,
    enableMemPattern: false,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  };
}

/** The tokens which the tokeniser puts around a text, such as [CLS] and [SEP]. */
function specialTokens(tokeniser: Tokeniser): { before: readonly number[]; after: readonly number[] } {
  const bare = tokeniser.encode('a', { add_special_tokens: false });
  const framed = tokeniser.encode('a');
  const at = framed.indexOf(bare[0] ?? -1);
  return at < 0 ? { before: [], after: [] } : { before: framed.slice(0, at), after: framed.slice(at + bare.length) };
}

function fill(
  rows: readonly (readonly number[])[],
  width: number,
  padding: number,
  value: (token: number) => number,
): BigInt64Array {
  const data = new BigInt64Array(rows.length * width).fill(BigInt(padding));
  rows.forEach((row, r) => row.forEach((token, c) => (data[r * width + c] = BigInt(value(token)))));
  return data;
}

function pool(outputs: Outputs, rows: readonly (readonly number[])[], settings: WorkerSettings): Float32Array[] {
  const states = outputs['last_hidden_state'] ?? outputs['token_embeddings'];
  if (states === undefined) throw new Error(`The model "${settings.name}" has no output "last_hidden_state".`);
  const width = states.dims[1] ?? 0;
  const dimension = states.dims[2] ?? 0;
  if (dimension !== settings.dimension) throw new Error(`The model "${settings.name}" gives ${dimension} dimensions.`);
  return rows.map((row, r) => {
    const from = r * width * dimension;
    const taken = settings.pooling === 'cls' ? 1 : row.length;
    return normalise(sumOfRows(states.data.subarray(from, from + taken * dimension), dimension));
  });
}

function sumOfRows(values: Float32Array, dimension: number): Float32Array {
  const sum = new Float32Array(dimension);
  for (let index = 0; index < values.length; index++) {
    const column = index % dimension;
    sum[column] = (sum[column] ?? 0) + (values[index] ?? 0);
  }
  return sum;
}
