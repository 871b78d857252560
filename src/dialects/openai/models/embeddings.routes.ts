import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { BODY_BYTES, defineEndpoint, Reply, type EndpointInput } from '../../../api/endpoint';
import { Endpoint } from '../../../api/endpoint.decorator';
import { createPause } from '../../../common/in-slices';
import { estimateTokens } from '../../../common/text/estimate-tokens';
import { EmbeddingProvider, type EmbeddingModel } from '../../../embeddings/embedding-provider.port';
import { checked } from '../checked';
import { invalidRequest, invalidValue } from '../errors';
import { embedding } from '../route';
import { Models } from './models';

/** Inputs in one request, as at OpenAI. */
const MOST_INPUTS = 2_048;

const body = z.strictObject({
  input: z.union([z.string(), z.array(z.unknown()).min(1).max(MOST_INPUTS)]),
  model: z.string().min(1),
  encoding_format: z.enum(['float', 'base64']).default('float'),
  dimensions: z.int().min(1).optional(),
  user: z.string().optional(),
});

const create = defineEndpoint({
  ...embedding,
  method: 'POST',
  path: '/embeddings',
  operationId: 'openaiCreateEmbeddings',
  body: z.unknown(),
  maxBodyBytes: BODY_BYTES.many,
});

@Injectable()
export class EmbeddingRoutes {
  constructor(
    private readonly models: Models,
    private readonly embeddings: EmbeddingProvider,
  ) {}

  @Endpoint(create)
  async create({ body: sent, signal }: EndpointInput<typeof create>): Promise<Reply> {
    const { input, model: name, encoding_format: format, dimensions } = checked(body, sent);
    const model = this.models.get(name);
    mustHaveDimensions(model, dimensions);
    const texts = textsOf(input);
    const vectors = await this.embeddings.embed(model, texts, signal);
    const tokens = await tokensOf(texts);
    const answer = written(vectors, { name, format, tokens });
    return new Reply(200, Readable.from(answer, { objectMode: false }), JSON_HEADERS);
  }
}

const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' };

/** A model whose vectors were not made to be cut short loses its meaning by it. */
const mustHaveDimensions = ({ name, dimension }: EmbeddingModel, wanted: number | undefined): void => {
  if (wanted === undefined || wanted === dimension) return;
  throw invalidValue('dimensions', `the model '${name}' makes vectors of ${dimension} dimensions and no others.`);
};

const textsOf = (input: string | readonly unknown[]): string[] => {
  const inputs = typeof input === 'string' ? [input] : input;
  return inputs.map((one, index) => textOf(one, typeof input === 'string' ? 'input' : `input[${index}]`));
};

const textOf = (one: unknown, param: string): string => {
  if (typeof one === 'number' || Array.isArray(one))
    throw invalidRequest('Tokens are not taken as input, since they belong to another model: send text.', 'input', 'invalid_type');
  if (typeof one !== 'string') throw invalidRequest(`Invalid type for '${param}': expected a string.`, param, 'invalid_type');
  if (one === '') throw invalidValue(param, 'the input must not be empty.');
  return one;
};

/** An estimate: nothing is charged by it. */
const tokensOf = async (texts: readonly string[]): Promise<number> => {
  const pause = createPause();
  let tokens = 0;
  for (const text of texts) {
    for (let from = 0; from < text.length; from += COUNTED_AT_ONCE) {
      await pause();
      tokens += estimateTokens(text.slice(from, from + COUNTED_AT_ONCE));
    }
  }
  return tokens;
};

const COUNTED_AT_ONCE = 65_536;

interface Described {
  readonly name: string;
  readonly format: 'float' | 'base64';
  readonly tokens: number;
}

/** In pieces: thousands of vectors as one text would hold up everybody else. */
async function* written(vectors: readonly Float32Array[], about: Described): AsyncGenerator<string> {
  const pause = createPause();
  yield '{"object":"list","data":[';
  for (const [index, vector] of vectors.entries()) {
    await pause();
    yield `${index === 0 ? '' : ','}${JSON.stringify({ object: 'embedding', index, embedding: encoded(vector, about.format) })}`;
  }
  const usage = { prompt_tokens: about.tokens, total_tokens: about.tokens };
  yield `],"model":${JSON.stringify(about.name)},"usage":${JSON.stringify(usage)}}`;
}

/** Little-endian float32, as every machine that this runs on has them in memory. */
const encoded = (vector: Float32Array, format: Described['format']): string | number[] =>
  format === 'float'
    ? Array.from(vector)
    : Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64');
